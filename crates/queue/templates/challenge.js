// Solves the proof of work beside the page, in a worker, and sends the answer. Nothing is asked of any other server.
(() => {
  "use strict";
  const page = document.getElementById("challenge");
  if (!page || page.dataset.kind !== "pow") return;
  const show = (text) => {
    document.getElementById("state").textContent = text;
    document.getElementById("announcement").textContent = text;
  };
  const fail = () => show(page.dataset.failed);
  if (!("Worker" in window)) return fail();
  show(page.dataset.working);
  const worker = new Worker("/assets/pow.js");
  worker.onerror = fail;
  worker.onmessage = (message) => {
    document.getElementById("field").value = page.dataset.nonce + "." + message.data;
    document.getElementById("answer").submit();
  };
  worker.postMessage({ nonce: page.dataset.nonce, bits: Number(page.dataset.bits) });
  // The browser shows the page again from its cache: the nonce was used.
  window.addEventListener("pageshow", (shown) => {
    if (shown.persisted) location.reload();
  });
})();
