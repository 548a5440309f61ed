// @ts-check
// How many are chosen, and all of a page at once. What is done is done by the form, to the chosen alone.

import { say } from "../core.js";

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-picks]"));
if (form) {
  const picks = [.../** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('input[name="ids"]'))];
  const picked = document.getElementById("picked");
  const all = /** @type {HTMLInputElement | null} */ (document.getElementById("all"));
  const count = () => {
    const chosen = picks.filter((pick) => pick.checked).length;
    if (picked) picked.textContent = chosen ? say("console-js-picked", { count: chosen }) : "";
    if (all) [all.checked, all.indeterminate] = [chosen === picks.length, chosen > 0 && chosen < picks.length];
  };
  form.addEventListener("change", (event) => {
    if (all && event.target === all) for (const pick of picks) pick.checked = all.checked;
    count();
  });
  for (const hidden of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-all]"))) hidden.hidden = false;
  // A browser that comes back remembers what was chosen.
  addEventListener("pageshow", count);
}
