// @ts-check
// My pages: a form is sent once, and a page that the browser has kept is asked for anew: it may be old.

for (const form of document.querySelectorAll("form[method=post]")) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
}
const [came] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
// No reload: that would send a form again whose answer the page is.
addEventListener("pageshow", ({ persisted }) => (persisted || came?.type === "back_forward") && location.replace(location.pathname + location.search));
