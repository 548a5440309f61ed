// @ts-check
// My pages: a form is sent once, and log-out deletes the tickets that this device keeps (assets/ticket/worker.js).

for (const form of document.querySelectorAll("form[method=post]")) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
    // The answer's `Clear-Site-Data` does the same in browsers that know it.
    if (form.hasAttribute("data-forget") && "caches" in window) caches.delete("tickets").catch(() => {});
  });
  addEventListener("pageshow", (event) => { if (event.persisted) isSent = false; });
}
