// The service worker of the farm's page: without a network it opens as it was last seen, with all that it is made of. It keeps
// nothing else, and lets go of the page as soon as the server says that it is no longer for this telephone.
// The server writes the version and the addresses of the files before this text.

const pages = "farm-pages", files = "farm-files-" + version, patience = 4000;

addEventListener("install", (e) => e.waitUntil((async () => {
	await (await caches.open(files)).addAll(assets);
	await skipWaiting();
})()));

addEventListener("activate", (e) => e.waitUntil((async () => {
	await clients.claim();
	await fresh("/farm").catch(() => {}); // it was opened before this worker was there
})()));

addEventListener("fetch", (e) => {
	const url = new URL(e.request.url), of = url.pathname + url.search;
	if (e.request.method !== "GET" || url.origin !== location.origin) return;
	if (url.pathname === "/farm") e.respondWith(soon(e, "/farm"));
	else if (url.pathname.startsWith("/farm/rounds/") && url.pathname.endsWith(".map")) e.respondWith(soon(e, of));
	else if (url.pathname.startsWith("/static/")) e.respondWith(caches.match(e.request).then((kept) => kept ?? fetch(e.request)));
});

// fresh asks the server, and keeps what it answers. Files of earlier versions go once the page is there that needs them no more.
async function fresh(of, request = of) {
	const answer = await fetch(request, { redirect: "manual", cache: "no-store", credentials: "same-origin" });
	if (answer.type === "opaqueredirect" || [401, 403].includes(answer.status)) {
		await caches.delete(pages); // signed out, or the link was revoked
	} else if (answer.ok) {
		const headers = new Headers(answer.headers);
		headers.delete("Content-Encoding"); // of what was sent, not of what is kept
		headers.delete("Content-Length");
		headers.set("Kept", new Date().toISOString());
		await (await caches.open(pages)).put(of, new Response(await answer.clone().blob(), { headers }));
		if (of === "/farm") for (const name of await caches.keys()) if (name.startsWith("farm-files-") && name !== files) await caches.delete(name);
	}
	return answer;
}

// soon is the server's answer, or what is kept where that does not come in time.
async function soon(e, of) {
	const network = fresh(of, e.request.url);
	e.waitUntil(network.catch(() => {}));
	const late = new Promise((done) => setTimeout(done, patience));
	try {
		const answer = await Promise.race([network, late]);
		if (answer && answer.status < 500) return answer;
	} catch {
		// no network
	}
	const kept = await (await caches.open(pages)).match(of);
	if (!kept) return network;
	return new Response((await kept.text()).replace('data-kept=""', 'data-kept="' + kept.headers.get("Kept") + '"'), { headers: kept.headers });
}
