// The background of maps: pictures of a tile server where one is configured, else our own vector tiles (water, roads, towns), drawn
// here in the page's colours.

// mapIn makes a map in an element that says where its background is from.
export function mapIn(box, options = {}) {
	const map = L.map(box, { zoomSnap: 0.25, ...options, attributionControl: false });
	if (!box.dataset.tiles) return map;
	L.control.attribution({ prefix: false }).addTo(map);
	if (box.dataset.tiles.endsWith(".mvt")) new Background(box.dataset.tiles, { attribution: box.dataset.by }).addTo(map);
	else L.tileLayer(box.dataset.tiles, { attribution: box.dataset.by, maxZoom: 19 }).addTo(map);
	return map;
}

// along calls f in the middle of a line's stretches of a length in pixels, with the direction there.
export function along(map, path, every, f) {
	let left = every / 2;
	for (let i = 1; i < path.length; i++) {
		const a = map.latLngToLayerPoint(path[i - 1]), d = map.latLngToLayerPoint(path[i]).subtract(a);
		const length = Math.hypot(d.x, d.y), u = d.divideBy(length || 1);
		let at = left;
		for (; at < length; at += every) f(a.add(u.multiplyBy(at)), u);
		left = at - length;
	}
}

// wide is how much room a text takes in the page's letters.
const pen = document.createElement("canvas").getContext("2d");
function wide(text, font) {
	pen.font = `${font} ${getComputedStyle(document.body).fontFamily}`;
	return 8 + pen.measureText(text).width;
}

// room says whether a box of pixels lies on a map and on nothing that is there: what is taken, and the controls in the corners.
function room(map, taken) {
	const { x, y } = map.getSize(), corners = [[0, 0, 56, 96], [0, y - 34, 120, y], [x - 170, y - 20, x, y]];
	return (b) => b[0] > 0 && b[1] > 0 && b[2] < x && b[3] < y && ![...corners, ...taken].some((o) => o[0] < b[2] && o[2] > b[0] && o[1] < b[3] && o[3] > b[1]);
}

// names writes names beside points, the first of the list first, where they have room: right of the point or else left of it, on
// no symbol. What is beneath leaves them the room.
export function names(map, list, symbols = []) {
	const layer = L.layerGroup().addTo(map);
	const write = () => {
		layer.clearLayers();
		map.taken = symbols.map((at) => map.latLngToContainerPoint(at)).map((p) => [p.x - 10, p.y - 10, p.x + 10, p.y + 10]);
		const free = room(map, map.taken);
		for (const { at, name } of list) {
			const p = map.latLngToContainerPoint(at), w = wide(name, "13px");
			const sides = { right: [p.x + 11, p.y - 9, p.x + 11 + w, p.y + 9], left: [p.x - 11 - w, p.y - 9, p.x - 11, p.y + 9] };
			const direction = Object.keys(sides).find((k) => free(sides[k]));
			if (!direction) continue;
			map.taken.push(sides[direction]);
			const text = document.createElement("span");
			text.textContent = name;
			L.tooltip({ permanent: true, direction, className: "name", offset: [direction === "right" ? 11 : -11, 0] }).setLatLng(at).setContent(text).addTo(layer);
		}
		map.fire("names");
	};
	map.on("moveend zoomend", write);
	write();
}

// How wide roads are at zooms 8 and 14, and what is left out below a zoom.
const widths = { motorway: [2.2, 7], trunk: [1.8, 6], primary: [1.3, 5], secondary: [0.9, 4.2], tertiary: [0.6, 3.4], minor: [0.4, 2.2], service: [0.3, 1.2], ferry: [0.8, 1.2] };
const ranks = { city: 4, town: 3, village: 2, hamlet: 1 };

const Background = L.GridLayer.extend({
	initialize(address, options) {
		L.GridLayer.prototype.initialize.call(this, { tileSize: 512, zoomOffset: -1, maxNativeZoom: 15, minZoom: 1, updateWhenZooming: false, className: "background", ...options });
		this.address = address;
		this.towns = new Map(); // by tile
	},
	onAdd(map) {
		this.names = L.layerGroup().addTo(map);
		L.GridLayer.prototype.onAdd.call(this, map);
		this.on("load", this.label, this).on("tileunload", (e) => this.towns.delete(this._tileCoordsToKey(e.coords)), this);
		map.on("moveend zoomend names", this.label, this);
		this.again = () => this.redraw();
		this.dark = matchMedia("(prefers-color-scheme: dark)");
		this.dark.addEventListener("change", this.again);
	},
	onRemove(map) {
		map.off("moveend zoomend names", this.label, this);
		this.dark.removeEventListener("change", this.again);
		this.names.remove();
		L.GridLayer.prototype.onRemove.call(this, map);
	},
	createTile(coords, done) {
		const tile = L.DomUtil.create("canvas"), size = this.getTileSize().x, ratio = Math.min(devicePixelRatio || 1, 2);
		tile.width = tile.height = size * ratio;
		const z = coords.z - 1, n = 2 ** z;
		if (z < 0 || coords.y < 0 || coords.y >= n) {
			setTimeout(() => done(null, tile));
			return tile;
		}
		const address = L.Util.template(this.address, { z, x: ((coords.x % n) + n) % n, y: coords.y });
		fetch(address).then((a) => (a.status === 200 ? a.arrayBuffer() : null)).then((bytes) => {
			if (bytes) {
				const layers = decode(new Uint8Array(bytes));
				paint(tile.getContext("2d"), layers, size * ratio, ratio, z, getComputedStyle(document.documentElement));
				this.towns.set(this._tileCoordsToKey(coords), towns(layers.places, coords, size));
			}
			done(null, tile);
		}).catch((e) => done(e, tile));
		return tile;
	},
	// label writes the names of towns that have room, the largest first: where they lie, or else below or above.
	label() {
		const map = this._map;
		if (!map) return;
		this.names.clearLayers();
		const zoom = this._tileZoom, taken = [...(map.taken ?? [])], free = room(map, taken), written = new Set();
		const list = [...this.towns].filter(([key]) => Number(key.split(":")[2]) === zoom).flatMap(([, t]) => t).sort((a, b) => b.rank - a.rank || b.people - a.people);
		for (const t of list) {
			if (written.size >= 40) break;
			const at = map.unproject(t.at, zoom), p = map.latLngToContainerPoint(at), w = wide(t.name, t.kind === "city" ? "600 15px" : t.kind === "town" ? "600 13px" : "12px"), h = 18;
			const key = `${t.name} ${Math.round(t.at.x / 16)} ${Math.round(t.at.y / 16)}`;
			const box = (y) => [p.x - w / 2, p.y + y - h / 2, p.x + w / 2, p.y + y + h / 2], y = [0, 20, -20].find((y) => free(box(y)));
			if (written.has(key) || y === undefined) continue;
			taken.push(box(y));
			written.add(key);
			const e = document.createElement("span");
			e.textContent = t.name;
			e.className = t.kind;
			L.marker(at, { icon: L.divIcon({ html: e, className: "town", iconSize: [w, h], iconAnchor: [w / 2, h / 2 - y] }), interactive: false, keyboard: false, zIndexOffset: -1000 }).addTo(this.names);
		}
	},
});

function towns(layer, coords, size) {
	if (!layer) return [];
	return layer.features.filter((f) => f.lines[0]?.[0]).map((f) => {
		const [x, y] = f.lines[0][0], scale = size / layer.extent, p = f.tags;
		return { name: p.name, kind: p.kind, rank: ranks[p.kind] ?? 0, people: p.population ?? 0, at: L.point(coords.x * size + x * scale, coords.y * size + y * scale), inside: x >= 0 && y >= 0 && x < layer.extent && y < layer.extent };
	}).filter((t) => t.inside);
}

function paint(c, layers, size, ratio, z, style) {
	const colour = (name) => style.getPropertyValue(name).trim();
	const trace = (f, scale) => {
		c.beginPath();
		for (const line of f.lines) {
			line.forEach(([x, y], i) => (i ? c.lineTo(x * scale, y * scale) : c.moveTo(x * scale, y * scale)));
			if (f.type === 3) c.closePath();
		}
	};
	c.lineJoin = c.lineCap = "round";
	for (const f of layers.water?.features ?? []) {
		trace(f, size / layers.water.extent);
		c.fillStyle = c.strokeStyle = colour("--water");
		if (f.type === 3) c.fill("evenodd");
		else {
			c.lineWidth = ratio * (f.tags.kind === "river" ? 1.2 + 0.25 * Math.max(0, z - 8) : 0.8);
			c.stroke();
		}
	}
	const grow = Math.min(1, Math.max(0, (z - 8) / 6));
	const roads = layers.roads?.features ?? [];
	for (const pass of ["--road-edge", "--road"]) {
		for (const f of roads) {
			const kind = f.tags.kind.replace("_link", ""), w = widths[kind] ?? widths.minor, width = w[0] + (w[1] - w[0]) * grow;
			if (pass === "--road-edge" && width < 2.4) continue;
			trace(f, size / layers.roads.extent);
			c.strokeStyle = colour(pass);
			c.setLineDash(kind === "ferry" ? [6 * ratio, 5 * ratio] : []);
			c.globalAlpha = f.tags.tunnel ? 0.45 : 1;
			c.lineWidth = ratio * (pass === "--road-edge" ? width + 1.6 : width);
			c.stroke();
		}
	}
	c.globalAlpha = 1;
	c.setLineDash([]);
}

// decode reads a Mapbox Vector Tile 2.1: its layers by name, features with tags and lines of points.
function decode(bytes) {
	const text = new TextDecoder(), view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const varint = (r) => {
		let x = 0, shift = 1, b;
		do {
			b = bytes[r.at++];
			x += (b & 127) * shift;
			shift *= 128;
		} while (b > 127 && r.at < r.end);
		return x;
	};
	const fields = (from, end, f) => {
		for (const r = { at: from, end }; r.at < end; ) {
			const key = varint(r), kind = key & 7;
			if (kind === 2) {
				const size = varint(r);
				f(key >> 3, null, r.at, r.at + size);
				r.at += size;
			} else if (kind === 0) f(key >> 3, varint(r));
			else {
				f(key >> 3, kind === 5 ? view.getFloat32(r.at, true) : view.getFloat64(r.at, true));
				r.at += kind === 5 ? 4 : 8;
			}
		}
	};
	const numbers = (from, end) => {
		const out = [];
		for (const r = { at: from, end }; r.at < end; ) out.push(varint(r));
		return out;
	};
	const zigzag = (x) => (x % 2 ? -(x + 1) / 2 : x / 2);
	const shape = (commands) => {
		const lines = [];
		let x = 0, y = 0;
		for (let i = 0; i < commands.length; ) {
			const what = commands[i] & 7, n = commands[i++] >> 3;
			if (what === 7) continue;
			for (let k = 0; k < n; k++) {
				x += zigzag(commands[i++]);
				y += zigzag(commands[i++]);
				if (what === 1) lines.push([]);
				lines[lines.length - 1].push([x, y]);
			}
		}
		return lines;
	};
	const layers = {};
	fields(0, bytes.length, (n, _, from, end) => {
		if (n !== 3) return;
		const layer = { name: "", extent: 4096, features: [] }, keys = [], values = [], parts = [];
		fields(from, end, (n, v, from, end) => {
			if (n === 1) layer.name = text.decode(bytes.subarray(from, end));
			if (n === 2) parts.push([from, end]);
			if (n === 3) keys.push(text.decode(bytes.subarray(from, end)));
			if (n === 4) fields(from, end, (n, v, from, end) => values.push(n === 1 ? text.decode(bytes.subarray(from, end)) : n === 6 ? zigzag(v) : n === 7 ? Boolean(v) : v));
			if (n === 5) layer.extent = v;
		});
		for (const [from, end] of parts) {
			const f = { type: 0, tags: {}, lines: [] };
			fields(from, end, (n, v, from, end) => {
				if (n === 2) numbers(from, end).forEach((x, i, all) => { if (i % 2) f.tags[keys[all[i - 1]]] = values[x]; });
				if (n === 3) f.type = v;
				if (n === 4) f.lines = shape(numbers(from, end));
			});
			layer.features.push(f);
		}
		layers[layer.name] = layer;
	});
	return layers;
}
