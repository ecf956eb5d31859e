// What every page does beyond reading: menus close, and what is typed into a form is kept until it has been saved.

for (const menu of document.querySelectorAll("details.menu")) {
	document.addEventListener("click", (e) => { if (!menu.contains(e.target)) menu.open = false; });
	menu.addEventListener("keydown", (e) => {
		if (e.key === "Escape" && menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
	});
}

// A form with data-keep keeps what is typed under that name in the browser. The server says with data-saved on a later page
// that it has arrived.
for (const saved of document.querySelectorAll("[data-saved]")) localStorage.removeItem("form:" + saved.dataset.saved);
for (const form of document.querySelectorAll("form[data-keep]")) {
	const name = "form:" + form.dataset.keep;
	const typed = () => [...new FormData(form)].filter(([, v]) => typeof v === "string");
	const before = JSON.stringify(typed());
	const kept = localStorage.getItem(name);
	const restore = form.querySelector("[data-restore]");
	if (kept && kept !== before && restore && !form.querySelector("[aria-invalid=true]")) {
		restore.hidden = false;
		restore.addEventListener("click", (e) => {
			const act = e.target.closest("button")?.value;
			if (!act) return;
			e.preventDefault();
			if (act === "restore") {
				const values = new Map();
				for (const [k, v] of JSON.parse(kept)) values.set(k, [...(values.get(k) ?? []), v]);
				for (const rows of form.querySelectorAll("[data-rows]")) {
					const numbers = [...values].filter(([k, v]) => k.startsWith(`${rows.dataset.rows}[`) && v.some((x) => x)).map(([k]) => Number.parseInt(k.slice(rows.dataset.rows.length + 1), 10));
					const many = Math.min(1000, Math.max(0, ...numbers.map((n) => n + 1)));
					while (rows.querySelectorAll(".rowset").length < many) rows.querySelector("[data-more]").click();
				}
				for (const input of form.elements) {
					if (!input.name || input.type === "hidden" || input.type === "submit") continue;
					const list = values.get(input.name) ?? [];
					if (input.type === "checkbox" || input.type === "radio") input.checked = list.includes(input.value);
					else if (list.length) input.value = list.shift();
				}
			} else localStorage.removeItem(name);
			restore.hidden = true;
		});
	}
	form.addEventListener("input", () => localStorage.setItem(name, JSON.stringify(typed())));
}

// Without a network one is told, and a form stays as it is: it is sent once the server answers again.
const away = document.querySelector("[data-away]");
if (away) {
	away.hidden = navigator.onLine;
	addEventListener("offline", () => { away.hidden = false; });
	addEventListener("online", () => { away.hidden = true; });
	document.addEventListener("submit", (e) => {
		if (away.hidden || e.defaultPrevented || e.target.method !== "post") return;
		e.preventDefault();
		fetch(document.querySelector("link[rel=icon]").href, { cache: "no-store" }).then(() => {
			away.hidden = true;
			e.target.requestSubmit(e.submitter);
		}, () => {});
	});
}

// A question before what cannot be undone.
document.addEventListener("submit", (e) => {
	const ask = e.submitter?.dataset.ask;
	if (ask && !confirm(ask)) e.preventDefault();
});

// A form of choices is sent as soon as one is made.
for (const form of document.querySelectorAll("form[data-submit]")) form.addEventListener("change", () => form.requestSubmit());
for (const e of document.querySelectorAll("[data-noscript]")) e.hidden = true;
for (const e of document.querySelectorAll("[data-print]")) {
	e.hidden = false;
	e.addEventListener("click", () => print());
}
