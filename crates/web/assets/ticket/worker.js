// @ts-check
/// <reference lib="webworker" />
// The service worker of /me/: tickets that were opened once open without a network (web.md, Ticket). The network comes
// first and has two seconds. Everything stands in one cache, which log-out deletes.

const KEPT = "tickets";
const OFFLINE = "/me/offline";
const OWNER = "/me/owner";
const WAIT_MS = 2000;
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/**
 * Files under one name, whatever the hash of their release: a kept page is dressed by what was kept last.
 * @param {string} path
 */
const nameOf = (path) => path.replace(/^\/assets\/[^/]+\//, "/assets/");
/** @param {string} path */
const isTicket = (path) => /^\/me\/tickets\/[^/]+$/.test(path);

worker.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.add(OFFLINE)).catch(() => {}).then(() => worker.skipWaiting()));
});
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("message", (event) => {
  if (isTicket(String(event.data?.keep))) event.waitUntil(keep(event.data).catch(() => {}));
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname.startsWith("/me/")) event.respondWith(page(event, url.pathname, url.searchParams.has("done")));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(file(request, url.pathname));
});

/**
 * Keeps a ticket with its files. Another person's tickets go first.
 * @param {{keep: string, owner: string, files: string[]}} what
 */
async function keep(what) {
  let cache = await caches.open(KEPT);
  const owner = await (await cache.match(OWNER))?.text();
  if (owner !== what.owner) {
    await caches.delete(KEPT);
    cache = await caches.open(KEPT);
    await cache.add(OFFLINE);
    await cache.put(OWNER, new Response(what.owner));
  }
  const path = what.keep;
  for (const each of [...what.files, path]) {
    const answer = await fetch(each, { credentials: "same-origin", cache: each === path ? "no-store" : "default" });
    if (answer.ok && !answer.redirected) await cache.put(nameOf(each), answer);
  }
}

/**
 * The page from the network; from the device where that fails, or takes too long.
 * @param {FetchEvent} event
 * @param {string} path
 * @param {boolean} isAnswer of a form: a kept page knows nothing of what has just changed, so the network has all its time
 */
async function page(event, path, isAnswer) {
  const cache = await caches.open(KEPT);
  const kept = isTicket(path) ? await cache.match(path) : undefined;
  const asked = fetch(event.request).then(async (answer) => {
    if (kept && answer.ok) await cache.put(path, answer.clone());
    if (kept && (answer.status >= 500 || answer.status === 429)) throw new Error("away");
    return answer;
  });
  event.waitUntil(asked.catch(() => {}));
  if (!kept) return asked.catch(() => offline(cache));
  const late = new Promise((_, tooLate) => isAnswer || setTimeout(tooLate, WAIT_MS));
  return Promise.race([asked, late]).catch(() => shown(kept, (html) => html.replace(" data-kept hidden", " data-kept")));
}

/**
 * A file of the site: immutable, so the kept one is as good where the network has none.
 * @param {Request} request
 * @param {string} path
 */
async function file(request, path) {
  const asked = fetch(request);
  return asked.catch(async (error) => (await caches.match(nameOf(path))) ?? Promise.reject(error));
}

/**
 * What is said without a network, with links to the tickets that are here.
 * @param {Cache} cache
 */
async function offline(cache) {
  const said = await cache.match(OFFLINE);
  if (!said) return Response.error();
  let links = "";
  for (const { url } of await cache.keys()) {
    const path = new URL(url).pathname;
    if (!isTicket(path)) continue;
    const title = /<title>([^<]*)/.exec((await (await cache.match(path))?.text()) ?? "")?.[1];
    links += `<li><a href="${path}">${title ?? path}</a></li>`;
  }
  return shown(said, (html) => (links ? html.replace(" data-list hidden", " data-list").replace("<!--kept-->", links) : html));
}

/**
 * A kept page, changed a little.
 * @param {Response} kept
 * @param {(html: string) => string} change
 */
async function shown(kept, change) {
  const headers = new Headers(kept.headers);
  for (const name of ["content-length", "content-encoding"]) headers.delete(name);
  return new Response(change(await kept.text()), { headers });
}
