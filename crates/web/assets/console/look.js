// @ts-check
// A look as it is typed: the pictures take its colours and its name as attributes, never as markup; the server says whether all
// text stands out from its background.

import { ask, say } from "../core.js";

const WAIT_MS = 400;
const form = /** @type {HTMLFormElement} */ (document.getElementById("look-form"));
const contrast = document.getElementById("contrast");

/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (document.getElementById(id));
/** @param {HTMLInputElement} color */
const seen = (color) => (/^#[0-9a-f]{6}$/i.test(color.value.trim()) ? color.value.trim() : (color.dataset.usual ?? "#000000"));

function paint() {
  for (const name of ["fill", "stroke"]) {
    for (const shape of /** @type {NodeListOf<SVGElement>} */ (document.querySelectorAll(`[data-${name}]`))) {
      shape.setAttribute(name, seen(input(shape.dataset[name] ?? "")));
    }
  }
  for (const text of document.querySelectorAll("[data-text]")) text.textContent = input("name").value;
}

/** The colours of a scheme that are filled in. @param {string} scheme */
function colors(scheme) {
  const filled = [...form.querySelectorAll("[data-usual]")].filter((field) => field.id.startsWith(`${scheme}-`));
  const pairs = filled.map((field) => [field.id.slice(scheme.length + 1), /** @type {HTMLInputElement} */ (field).value.trim()]);
  return Object.fromEntries(pairs.filter(([, color]) => /^#[0-9a-f]{6}$/i.test(color)));
}

/** @param {string} kind @param {string[]} lines */
function tell(kind, lines) {
  const place = document.createElement("div");
  place.className = `notice ${kind}`;
  const [first, ...rest] = lines;
  place.append(Object.assign(document.createElement("p"), { textContent: first }));
  if (rest.length) {
    const list = document.createElement("ul");
    for (const line of rest) list.append(Object.assign(document.createElement("li"), { textContent: line }));
    place.append(list);
  }
  contrast?.replaceChildren(place);
}

async function check() {
  const body = { name: input("name").value.trim() || "-", colors: { ...colors("light"), dark: colors("dark") } };
  const answer = await ask("POST", `/api/v1/admin/looks/${form.dataset.look}/preview`, { body, tries: 1 });
  if (answer.ok) return tell("is-good", [say("look-js-good")]);
  const pairs = answer.data?.pairs;
  if (!Array.isArray(pairs)) return tell("is-warn", [say("look-js-away")]);
  const lines = pairs.map(({ scheme, text, on, ratio, needed }) =>
    say("look-js-pair", {
      scheme: say(`look-scheme-${scheme}`),
      text: say(`look-color-${text}`),
      on: say(`look-color-${on}`),
      ratio: Number(ratio).toFixed(2),
      needed: String(needed),
    }),
  );
  tell("is-bad", [say("look-js-title", { count: pairs.length }), ...lines]);
}

let timer = 0;
form.addEventListener("input", (event) => {
  paint();
  if (!(/** @type {HTMLElement} */ (event.target).dataset.usual)) return;
  clearTimeout(timer);
  timer = setTimeout(check, WAIT_MS);
});
paint();
