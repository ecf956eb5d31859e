// How far a planning is, as it happens: best plan so far, its kilometres as a falling curve, the share of the time. When it has
// ended the page is loaded anew.

import { mapIn } from "./map.js";

const box = document.querySelector("[data-progress]");
if (box) follow();

// sketch draws rounds, given as encoded polylines, in the place of those before.
function sketch(where) {
	if (!where || !window.L) return () => {};
	const map = mapIn(where, { zoomControl: false, keyboard: false, scrollWheelZoom: false, renderer: L.canvas() });
	const layer = L.layerGroup().addTo(map), colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#b83a70", "#7a7a00"];
	let fitted = false;
	return (lines) => {
		layer.clearLayers();
		const bounds = L.latLngBounds([]);
		lines.map(decode).forEach((line, i) => {
			L.polyline(line, { color: colours[i % colours.length], weight: 2.5, opacity: 0.85, interactive: false }).addTo(layer);
			bounds.extend(line);
		});
		if (!fitted && bounds.isValid()) {
			fitted = true;
			map.fitBounds(bounds, { padding: [16, 16], animate: false });
		}
	};
}

// decode reads an encoded polyline of 1e-5 degrees.
function decode(text) {
	const out = [], last = [0, 0];
	let i = 0;
	while (i < text.length) {
		for (const k of [0, 1]) {
			let x = 0, shift = 0, b;
			do {
				b = text.charCodeAt(i++) - 63;
				x += (b & 31) * 2 ** shift;
				shift += 5;
			} while (b >= 32);
			last[k] += x % 2 ? -(x + 1) / 2 : x / 2;
		}
		out.push([last[0] / 1e5, last[1] / 1e5]);
	}
	return out;
}

function follow() {
	const part = (name) => box.querySelector(`[data-${name}]`);
	const bar = box.querySelector("progress"), points = [];
	const lay = sketch(part("map"));
	let told = "";
	const stream = new EventSource(box.dataset.progress);
	stream.addEventListener("open", () => dispatchEvent(new Event("online")));
	stream.addEventListener("error", () => { // where it is not given up, the browser connects again by itself
		if (stream.readyState === EventSource.CONNECTING) dispatchEvent(new Event("offline"));
	});
	stream.addEventListener("message", (m) => {
		const e = JSON.parse(m.data);
		if (e.state !== "waiting" && e.state !== "running") {
			stream.close();
			part("hear").textContent = part("hear").dataset.ready;
			location.replace(location.pathname + (e.state === "planned" ? "?said=planned" : ""));
			return;
		}
		bar.value = e.share;
		bar.textContent = `${Math.round(100 * e.share)} %`;
		if (e.km) {
			part("km").textContent = e.km;
			if (e.lines) lay(e.lines);
			part("left").textContent = e.left ?? "";
			part("left-box").hidden = !e.left;
			points.push([e.share, e.metres]);
			draw(points);
			const quarter = `${Math.floor(4 * e.share) * 25} %`;
			if (quarter !== told) {
				told = quarter;
				part("hear").textContent = `${quarter}, ${part("hear").dataset.found} ${e.km}`;
			}
		}
	});

	// the curve goes down in steps: a plan is the best until a better one is found
	function draw(list) {
		if (list.length < 2) return;
		const most = Math.max(...list.map((p) => p[1])), least = Math.min(...list.map((p) => p[1]));
		const x = (share) => 40 + 550 * share, y = (m) => (most > least ? 8 + 92 * (most - m) / (most - least) : 54);
		const line = [];
		list.forEach(([share, m], i) => {
			if (i) line.push(`${x(share)},${y(list[i - 1][1])}`);
			line.push(`${x(share)},${y(m)}`);
		});
		part("line").setAttribute("points", line.join(" "));
		const [share, m] = list[list.length - 1];
		part("dot").setAttribute("cx", x(share));
		part("dot").setAttribute("cy", y(m));
		const km = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 0 });
		part("most").textContent = km.format(most / 1000);
		part("least").textContent = most > least ? km.format(least / 1000) : "";
		part("curve").removeAttribute("hidden");
	}
}
