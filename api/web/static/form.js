// Forms that say what is wrong while one types, grow rows, and take a position from a map.

for (const form of document.querySelectorAll("form[data-check]")) {
	let touched = new Set(), timer, last = 0;
	const named = (name) => [...form.elements].filter((e) => e.name === name);
	form.addEventListener("input", (e) => {
		if (e.target.name) touched.add(e.target.name);
		clearTimeout(timer);
		timer = setTimeout(check, 500);
	});
	form.addEventListener("focusout", (e) => {
		if (e.target.name && e.target.value) touched.add(e.target.name);
	});
	async function check() {
		const turn = ++last;
		let faults;
		try {
			const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "X-Check": "1" } });
			dispatchEvent(new Event("online"));
			if (!answer.ok) return;
			faults = await answer.json();
		} catch {
			dispatchEvent(new Event("offline")); // the server says what is wrong when the form is sent
			return;
		}
		if (turn !== last) return;
		for (const p of form.querySelectorAll("[data-wrong]")) {
			const name = p.dataset.wrong, text = touched.has(name) || !p.hidden ? faults[name] ?? "" : "";
			p.textContent = text;
			p.hidden = text === "";
			for (const e of named(name)) {
				if (text) e.setAttribute("aria-invalid", "true");
				else e.removeAttribute("aria-invalid");
				if (text && !(e.getAttribute("aria-describedby") ?? "").includes(p.id)) e.setAttribute("aria-describedby", `${e.getAttribute("aria-describedby") ?? ""} ${p.id}`.trim());
			}
		}
	}
}

// One more row is a copy of the last, with the next number and nothing in it.
for (const rows of document.querySelectorAll("[data-rows]")) {
	const more = rows.querySelector("[data-more]"), name = rows.dataset.rows;
	more.hidden = false;
	more.addEventListener("click", () => {
		const sets = rows.querySelectorAll(".rowset"), last = sets[sets.length - 1];
		const n = sets.length, copy = last.cloneNode(true);
		const next = (s) => s?.replaceAll(`${name}[${n - 1}]`, `${name}[${n}]`).replaceAll(`${name}-${n - 1}`, `${name}-${n}`);
		for (const e of [copy, ...copy.querySelectorAll("*")]) {
			for (const a of ["name", "id", "for", "data-wrong", "aria-describedby"]) if (e.hasAttribute(a)) e.setAttribute(a, next(e.getAttribute(a)));
			if (e.matches("input[type=checkbox]")) e.checked = false;
			else if (e.matches("input")) e.value = "";
			else if (e.matches("select")) e.selectedIndex = 0;
			e.removeAttribute("aria-invalid");
			if (e.matches("[data-wrong]")) e.hidden = true;
			if (e.matches("h3")) e.textContent = e.textContent.replace(/\d+/, String(n + 1));
		}
		last.after(copy);
		copy.querySelector("input, select").focus();
	});
}

for (const input of document.querySelectorAll("[data-position]")) {
	if (!window.L) break;
	const { mapIn } = await import("./map.js");
	const box = input.closest(".field").querySelector("[data-pick]");
	Object.assign(box.dataset, { tiles: input.form.dataset.tiles ?? "", by: input.form.dataset.by ?? "" });
	const read = () => {
		const m = input.value.split(/[,;]/).map((s) => Number.parseFloat(s));
		return m.length === 2 && m.every(Number.isFinite) ? m : null;
	};
	const at = read();
	const map = mapIn(box).setView(at ?? [44.05, 5.05], at ? 13 : 9);
	let mark = null;
	const put = (p) => {
		mark ??= L.marker(p, { icon: L.divIcon({ html: '<svg width="26" height="34" aria-hidden="true"><path d="M13 33C4 21 1 17 1 12a12 12 0 0 1 24 0c0 5-3 9-12 21z" fill="var(--leaf)" stroke="var(--sheet)" stroke-width="1.5"/><circle cx="13" cy="12" r="4.5" fill="var(--sheet)"/></svg>', className: "", iconSize: [26, 34], iconAnchor: [13, 33] }), keyboard: false }).addTo(map);
		mark.setLatLng(p);
	};
	if (at) put(at);
	map.on("click", (e) => {
		input.value = `${e.latlng.lat.toFixed(5)}, ${e.latlng.lng.toFixed(5)}`;
		put(e.latlng);
		input.dispatchEvent(new Event("input", { bubbles: true }));
	});
	input.addEventListener("change", () => {
		const p = read();
		if (p) { put(p); map.setView(p, Math.max(map.getZoom(), 12)); }
	});
	fetch("/data/places.json").then((a) => a.json()).then((list) => {
		for (const p of list) L.circleMarker([p.lat, p.lon], { radius: 5, color: "var(--soft)", weight: 2, fillOpacity: 0.2 }).bindTooltip(p.name).addTo(map);
		if (!at && list.length) map.fitBounds(list.map((p) => [p.lat, p.lon]), { padding: [20, 20], maxZoom: 12 });
	}).catch(() => {});
}
