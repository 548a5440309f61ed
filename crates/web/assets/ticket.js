// @ts-check
// Keeps the ticket of this page on the device (assets/ticket/worker.js), so that it opens without a network at the door.

const ADDRESS = "/me/worker.js";

/**
 * The worker's address, as the site's policy wants it: the only address that this policy ever makes.
 * @returns {any}
 */
function address() {
  // @ts-ignore not every browser has it
  const factory = window.trustedTypes;
  if (!factory) return ADDRESS;
  return factory.createPolicy("onsale-worker", { createScriptURL: () => ADDRESS }).createScriptURL(ADDRESS);
}

/** Everything of this site that the page has loaded. */
function files() {
  const all = performance.getEntriesByType("resource").map((one) => new URL(one.name));
  return all.filter((url) => url.origin === location.origin && url.pathname.startsWith("/assets/")).map((url) => url.pathname);
}

async function keep() {
  const main = /** @type {HTMLElement} */ (document.querySelector("main[data-owner]"));
  // Only what gets somebody in is worth keeping: a kept page of an unpaid booking would stand before its ticket where the network
  // is slow. A page that the worker has just shown from the device is kept already.
  if (main?.dataset.state !== "good" || main.querySelector("[data-kept]:not([hidden])")) return;
  await navigator.serviceWorker.register(address(), { scope: "/me/" });
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ keep: location.pathname, owner: main.dataset.owner, files: files() });
}

if ("serviceWorker" in navigator) addEventListener("load", () => keep().catch(() => {}));
// A ticket that the browser has kept may have been used since. Without a network it is all there is.
addEventListener("pageshow", ({ persisted }) => persisted && navigator.onLine && location.reload());
for (const button of document.querySelectorAll("[data-print]")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => print());
}
