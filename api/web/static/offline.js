// The page opens without a network, as it was last seen; then it says from when that is.

const farm = document.querySelector("[data-kept]"), note = document.querySelector("[data-offline]");
navigator.serviceWorker?.register("/farm/worker.js", { scope: "/farm" }).catch(() => {}); // where there is none, the page needs its network

function show() {
	if (farm.dataset.kept === "" && navigator.onLine) { note.hidden = true; return; }
	const at = new Date(farm.dataset.kept === "" ? Number(performance.timeOrigin) : farm.dataset.kept);
	const clock = new Intl.DateTimeFormat(document.documentElement.lang, { weekday: "long", hour: "2-digit", minute: "2-digit", timeZone: farm.dataset.zone });
	note.textContent = note.dataset.offline + " " + clock.format(at) + ".";
	note.hidden = false;
}

addEventListener("online", () => (farm.dataset.kept === "" ? show() : location.reload()));
addEventListener("offline", show);
show();
