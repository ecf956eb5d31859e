// The map of a round on a producer's page: its line and its stops, once somebody wants to see it.
import { along, mapIn, names } from "./map.js";

for (const box of document.querySelectorAll("details[data-map]")) {
	box.hidden = !window.L;
	box.addEventListener("toggle", async () => {
		if (!box.open || box.dataset.drawn) return;
		box.dataset.drawn = "1";
		try {
			draw(box.querySelector("div"), await (await fetch(box.dataset.map)).json());
		} catch {
			box.hidden = true; // without network the list says it all
		}
	});
}

function draw(where, plan) {
	const map = mapIn(where, { scrollWheelZoom: false }), at = ([lon, lat]) => [lat, lon];
	const round = plan.features.find((f) => f.properties.kind === "round"), stops = plan.features.filter((f) => f.properties.kind === "stop");
	const colour = round?.properties.colour ?? "#2f6b34", path = round?.geometry.type === "LineString" ? round.geometry.coordinates.map(at) : [];
	const bounds = L.latLngBounds([...path, ...stops.map((f) => at(f.geometry.coordinates))]);
	if (!bounds.isValid()) return;
	map.fitBounds(bounds, { padding: [28, 28], maxZoom: 14, animate: false });
	L.polyline(path, { color: colour, weight: 4, opacity: 0.9, interactive: false }).addTo(map);
	const arrows = L.layerGroup().addTo(map);
	const point = () => {
		arrows.clearLayers();
		along(map, path, 80, (mid, u) => {
			const side = L.point(-u.y, u.x), corner = (far, across) => map.layerPointToLatLng(mid.add(u.multiplyBy(far)).add(side.multiplyBy(across)));
			L.polygon([corner(8, 0), corner(-6, 6), corner(-6, -6)], { color: colour, fillColor: colour, fillOpacity: 1, weight: 1, interactive: false }).addTo(arrows);
		});
	};
	map.on("zoomend", point);
	point();
	for (const f of stops) {
		L.circleMarker(at(f.geometry.coordinates), { radius: 8, color: colour, weight: 3, fillColor: f.properties.role === "added" ? colour : "#fff", fillOpacity: 1, interactive: false }).addTo(map);
	}
	names(map, stops.map((f) => ({ at: at(f.geometry.coordinates), name: f.properties.name.split(",")[0] })));
}
