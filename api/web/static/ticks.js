// What a producer says of their work is kept in the browser until it has arrived, so that it can be said without a network. Each
// thing said has an id of its own and the time at which it was said: however often it is sent, it counts once, in its order.

const queue = "farm:ticks";
const owner = document.querySelector("[data-owner]").dataset.owner;
const state = document.querySelector("[data-net]");

// Another producer's on the same telephone stay until that one is back. Each page reads before it writes: several may be open.
const waiting = () => JSON.parse(localStorage.getItem(queue) ?? "[]");
const mine = () => waiting().filter((x) => x.owner === owner);
const drop = (id) => localStorage.setItem(queue, JSON.stringify(waiting().filter((x) => x.id !== id)));

const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: document.querySelector("[data-zone]").dataset.zone });

// show makes a form look as it does when the server has heard what was said.
function show(form, said, waits) {
	const text = form.querySelector(".said"), open = said.state === "open";
	text.hidden = open;
	form.querySelector(".open").hidden = !open;
	form.querySelector(".undo").hidden = open;
	text.dataset.state = open ? "" : said.state;
	text.textContent = (said.state === "left" ? text.dataset.left : "✓ " + text.dataset.done) + (said.left ? " (" + said.left + " kg)" : "") + ", " + clock.format(+said.happened) + (said.note ? " – " + said.note : "");
	if (waits && !open) text.append(Object.assign(document.createElement("span"), { className: "waits", textContent: ", " + text.dataset.waits }));
}

// The page may be older than what was said since. What the server has heard of the same thing later counts more.
function showAll() {
	for (const x of mine()) {
		const form = document.getElementById(x.form);
		if (form && !(+form.dataset.said > +x.fields.happened)) show(form, x.fields, true);
	}
}

let sending = false;
async function send() {
	if (sending) return;
	sending = true;
	try {
		for (let x; (x = mine()[0]); ) {
			let answer;
			try {
				answer = await fetch("/farm/tick", { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(x.fields), signal: AbortSignal.timeout(15_000) });
			} catch {
				break; // no network: it stays
			}
			if (answer.redirected || answer.status === 401 || answer.status === 403 || answer.status >= 500) break; // signed out, or the service is ill: it stays
			drop(x.id);
			const form = document.getElementById(x.form);
			if (answer.status === 204) {
				if (form && !mine().some((y) => y.form === x.form)) { show(form, x.fields, false); form.dataset.said = x.fields.happened; }
			} else if (answer.status >= 400) {
				const wrong = await answer.text();
				if (form) { show(form, { state: "open", happened: 0 }, false); say(wrong, "wrong"); } else say(wrong, "wrong");
			}
		}
	} finally {
		sending = false;
	}
	count();
}

function say(text, kind) {
	const p = Object.assign(document.createElement("p"), { className: "note " + kind, textContent: text });
	p.setAttribute("role", "alert");
	state.before(p);
}

function count() {
	const n = mine().length;
	state.hidden = n === 0;
	state.textContent = n === 0 ? "" : n + " " + (n === 1 ? state.dataset.single : state.dataset.many);
}

document.addEventListener("submit", (e) => {
	const form = e.target;
	if (form.matches("form[action='/signout']")) {
		if (mine().length && !confirm(state.dataset.leave)) e.preventDefault();
		else forget();
		return;
	}
	if (!form.matches(".tick")) return;
	e.preventDefault();
	const fields = Object.fromEntries(new FormData(form, e.submitter));
	const left = (fields.left ?? "").trim().replace(",", ".");
	if (fields.state === "left" && left !== "" && !(Number(left) >= 0 && Number(left) < 1e6)) {
		form.querySelector("[name=left]").setAttribute("aria-invalid", "true");
		form.querySelector("[name=left]").focus();
		return;
	}
	form.querySelector("[name=left]")?.removeAttribute("aria-invalid");
	if (fields.state !== "left") fields.left = fields.note = "";
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	fields.id = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
	fields.happened = String(Math.max(Date.now(), 1 + Number(form.dataset.last ?? 0)));
	form.dataset.last = fields.happened;
	localStorage.setItem(queue, JSON.stringify([...waiting(), { id: fields.id, owner, form: form.getAttribute("id"), fields }]));
	show(form, fields, true);
	(fields.state === "open" ? form.querySelector(".open button") : form.querySelector(".undo")).focus();
	count();
	send();
});

// forget removes what the telephone keeps of the producer, as they leave.
function forget() {
	if ("caches" in window) caches.keys().then((names) => names.filter((n) => n.startsWith("farm")).forEach((n) => caches.delete(n)));
	localStorage.removeItem(queue);
}

addEventListener("online", send);
addEventListener("focus", send);
setInterval(() => { if (mine().length) send(); }, 20_000);
showAll();
count();
send();
