// How far a planning is, as it happens: best plan so far, its kilometres as a falling curve, the share of the time. When it has
// ended the page is loaded anew.

const box = document.querySelector("[data-progress]");
if (box) follow();

function follow() {
	const part = (name) => box.querySelector(`[data-${name}]`);
	const bar = box.querySelector("progress"), points = [];
	let told = "";
	const stream = new EventSource(box.dataset.progress);
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
