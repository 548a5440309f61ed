// @ts-check
/** Solves the proof of work beside the page, in a worker, and sends the answer. Nothing is asked of any other server. */
const page = document.getElementById("challenge");

/** A worker's address may only be made here. @param {URL} url @returns {any} */
function trusted({ href }) {
  const factory = /** @type {any} */ (window).trustedTypes;
  return factory ? factory.createPolicy("onsale", { createScriptURL: (/** @type {string} */ url) => url }).createScriptURL(href) : href;
}

/** @param {HTMLElement} main */
function solve({ dataset }) {
  const byId = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
  const show = (/** @type {string | undefined} */ text) => (byId("working").textContent = text);
  const fail = () => show(dataset.failed);
  if (!("Worker" in window)) return fail();
  show(dataset.working);
  const worker = new Worker(trusted(new URL("./challenge/pow.js", import.meta.url)));
  worker.onerror = fail;
  worker.onmessage = ({ data }) => {
    byId("field").value = dataset.nonce + "." + data;
    byId("answer").submit();
  };
  worker.postMessage({ nonce: dataset.nonce, bits: Number(dataset.bits) });
  // The browser shows the page again from its cache: the nonce was used.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

if (page?.dataset.kind === "pow") solve(page);
