// The map of a plan, and what it and the lists beside it light up together.
import { along, mapIn, names } from "./map.js";

const box = document.getElementById("map");
if (box && window.L) draw(await (await fetch(box.dataset.src)).json());

function draw(plan) {
	const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
	const map = mapIn(box, { renderer: L.svg({ padding: 0.5 }) });
	const at = ([lon, lat]) => [lat, lon];

	const rounds = new Map(); // by id: its line, arrows and stops
	const roundOf = (id) => rounds.get(id) ?? rounds.set(id, { line: null, stops: [] }).get(id);
	const listed = new Set([...document.querySelectorAll(".round[data-round]")].map((e) => e.dataset.round));
	const bounds = L.latLngBounds([]);

	for (const f of plan.features) {
		const p = f.properties;
		if (p.kind !== "round" || !listed.has(p.id) || f.geometry.type !== "LineString") continue;
		const r = roundOf(p.id);
		r.path = f.geometry.coordinates.map(at);
		r.colour = p.colour;
		r.line = L.polyline(r.path, { color: p.colour, weight: 3, opacity: 0.85, dashArray: p.dedicated ? "8 7" : null, lineJoin: "round" })
			.bindTooltip(`${p.producer_name}, ${p.name}`, { sticky: true }).addTo(map);
		r.wide = L.polyline(r.path, { color: "#000", opacity: 0, weight: 18 }).addTo(map); // for a finger
		r.arrows = L.layerGroup().addTo(map);
		for (const layer of [r.line, r.wide]) {
			layer.on("mouseover", () => light(p.id)).on("mouseout", () => light(null)).on("click", () => open(p.id));
		}
		bounds.extend(r.line.getBounds());
	}

	const seen = new Map(); // a place has one symbol, whoever stops there
	const points = new Map();
	for (const f of plan.features) {
		const p = f.properties;
		if (p.kind === "stop" && listed.has(p.round)) {
			const s = seen.get(p.place) ?? { at: at(f.geometry.coordinates), name: p.name, rounds: [], added: false, hand: 0, farm: false };
			if (!s.rounds.includes(p.round)) s.rounds.push(p.round);
			s.added ||= p.role === "added";
			s.farm ||= p.role === "start" || p.role === "end";
			s.hand += p.handovers;
			s.colour ??= roundOf(p.round).colour;
			if (p.role === "added") s.colour = roundOf(p.round).colour;
			seen.set(p.place, s);
		}
		if (p.kind === "pickup_point" && p.kg > 0) points.set(p.place, { ...p, at: at(f.geometry.coordinates) });
	}
	const symbol = (html, size) => L.divIcon({ html, className: "", iconSize: [size, size], iconAnchor: [size / 2, size / 2] });
	const ink = "var(--ink)", sheet = "var(--sheet)";
	for (const p of points.values()) {
		bounds.extend(p.at);
		const m = L.marker(p.at, { icon: symbol(`<svg width="22" height="22" aria-hidden="true"><rect x="2" y="2" width="18" height="18" rx="4" fill="${sheet}" stroke="${ink}" stroke-width="2.5"/></svg>`, 22), alt: p.name, title: p.name, keyboard: true, zIndexOffset: -100 }).addTo(map);
		m.bindTooltip(`${text(p.name)}<br>${number.format(p.kg)} kg`, { direction: "top", offset: [0, -8] });
		m.on("click", () => openPoint(p.id));
	}
	for (const s of seen.values()) {
		bounds.extend(s.at);
		const svg = s.hand > 0
			? `<svg width="20" height="20" aria-hidden="true"><path d="M10 1l9 9-9 9-9-9z" fill="${sheet}" stroke="${ink}" stroke-width="2"/><circle cx="10" cy="10" r="3" fill="${s.colour}"/></svg>`
			: s.farm ? `<svg width="18" height="18" aria-hidden="true"><path d="M9 2l7 6v8H2V8z" fill="${s.colour}" stroke="${sheet}" stroke-width="1.5"/></svg>`
			: `<svg width="16" height="16" aria-hidden="true"><circle cx="8" cy="8" r="5.5" fill="${s.added ? s.colour : sheet}" stroke="${s.colour}" stroke-width="3"/></svg>`;
		const m = L.marker(s.at, { icon: symbol(svg, s.hand > 0 ? 20 : 16), alt: s.name, title: s.name, keyboard: s.rounds.length > 0 }).addTo(map);
		m.on("click", () => open(s.rounds[0])).on("mouseover", () => light(s.rounds)).on("mouseout", () => light(null));
	}
	if (bounds.isValid()) map.fitBounds(bounds, { padding: [24, 24] });
	else map.setView([44.05, 5.05], 10);
	L.control.scale({ imperial: false }).addTo(map);
	names(map, [...points.values()].sort((a, b) => b.kg - a.kg).map((p) => ({ at: p.at, name: short(p.name) })), [...points.values(), ...seen.values()].map((s) => s.at));

	// arrows show which way a line is driven
	function arrows() {
		for (const r of rounds.values()) {
			if (!r.line) continue;
			r.arrows.clearLayers();
			along(map, r.path, 90, (mid, u) => {
				const side = L.point(-u.y, u.x), corner = (far, across) => map.layerPointToLatLng(mid.add(u.multiplyBy(far)).add(side.multiplyBy(across)));
				L.polygon([corner(7, 0), corner(-5, 5), corner(-5, -5)], { color: r.colour, fillColor: r.colour, fillOpacity: 1, weight: 1, interactive: false }).addTo(r.arrows);
			});
		}
	}
	map.on("zoomend", arrows);
	arrows();
	map.fire("zoomend");

	// light shows one or several rounds on the map, in the list and on the time line; null shows all as they are.
	function light(ids) {
		const on = ids === null ? null : new Set([ids].flat());
		for (const [id, r] of rounds) r.line?.setStyle({ weight: on?.has(id) ? 6 : 3, opacity: on === null ? 0.85 : on.has(id) ? 1 : 0.2 });
		for (const e of document.querySelectorAll("[data-round]")) e.classList.toggle("lit", on?.has(e.dataset.round) ?? false);
		if (on) for (const id of on) rounds.get(id)?.line?.bringToFront();
	}
	function open(id) {
		const e = document.querySelector(`.round[data-round="${CSS.escape(id)}"]`);
		if (!e) return;
		e.open = true;
		e.scrollIntoView({ block: "nearest", behavior: "smooth" });
		e.querySelector("summary, a").focus({ preventScroll: true });
	}
	function openPoint(id) {
		const e = document.querySelector(`.point[data-point="${CSS.escape(id)}"]`);
		if (!e) return;
		e.open = true;
		e.scrollIntoView({ block: "nearest", behavior: "smooth" });
		e.querySelector("summary, a").focus({ preventScroll: true });
	}
	for (const e of document.querySelectorAll("[data-round]")) {
		e.addEventListener("mouseenter", () => light(e.dataset.round));
		e.addEventListener("mouseleave", () => light(null));
		e.addEventListener("focusin", () => light(e.dataset.round));
		e.addEventListener("focusout", () => light(null));
		e.addEventListener("toggle", () => {
			const r = rounds.get(e.dataset.round);
			if (e.open && r?.line) map.flyToBounds(r.line.getBounds(), { padding: [40, 40], duration: 0.4, maxZoom: 13 });
		});
	}
}

function text(s) {
	const e = document.createElement("span");
	e.textContent = s;
	return e.innerHTML;
}

function short(s) {
	const name = s.split(",")[0];
	return name.length > 28 ? name.slice(0, 27) + "…" : name;
}
