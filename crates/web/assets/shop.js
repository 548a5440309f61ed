// @ts-check
/**
 * A show's page: counts down to the opening of its sales by the server's clock, turns a button into a link when its sale
 * opens, and fetches the waiting page's files beforehand, so that entering costs one document.
 *
 * It stands alone: `core.js` is larger than all of this page's script may be.
 */

/** What the waiting page loads; a test compares it with what that page imports. */
const NEXT = ["wait.css", "wait.js", "wait/model.js"];
/** The longest time that a timer may sleep. */
const SLEEP_MS = 60 * 60_000;

/** @type {NodeListOf<HTMLAnchorElement>} */
const buttons = document.querySelectorAll("a[data-opens]");
/** What the server's clock is ahead of `performance.now()`. */
let ahead = 0;
let isKnown = false;
let timer = 0;
/** @type {Record<string, string>} */
const texts = JSON.parse(document.getElementById("texts")?.textContent || "{}");

/** @param {string} id @param {Record<string, string | number>} values */
const text = (id, values) => (texts["shop-js-" + id] ?? "").replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));

/** Asks for the server's clock; the quickest of three answers is the nearest. The device's clock is never read. */
async function hearClock() {
  let quickest = Infinity;
  for (let turn = 0; turn < 3; turn++) {
    const asked = performance.now();
    const reply = await fetch("/time", { cache: "no-store" });
    if (!reply.ok) break;
    const { now } = await reply.json();
    const took = performance.now() - asked;
    if (took < quickest) [quickest, ahead, isKnown] = [took, now - asked - took / 2, true];
  }
}

/** @param {number} milliseconds what is left */
function left(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const time = hours || days ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  return days ? text("days", { days, time }) : time;
}

/** @param {HTMLAnchorElement} button */
function open(button) {
  button.href = button.dataset.href ?? "";
  button.removeAttribute("role");
  button.removeAttribute("aria-disabled");
  button.removeAttribute("data-opens");
  /** @type {HTMLElement} */ (button.firstElementChild).textContent = text("join", {});
  const line = /** @type {HTMLElement} */ (button.closest("[data-state]"));
  line.dataset.state = "open";
  const said = document.getElementById("announcer");
  if (said) said.textContent = text("open", {});
}

function count() {
  clearTimeout(timer);
  const now = performance.now() + ahead;
  let next = Infinity;
  for (const button of document.querySelectorAll("a[data-opens]")) {
    const rest = Number(/** @type {HTMLAnchorElement} */ (button).dataset.opens) - now;
    if (rest <= 0) {
      open(/** @type {HTMLAnchorElement} */ (button));
      continue;
    }
    /** @type {HTMLElement} */ (button.firstElementChild).textContent = text("opens", { time: left(rest) });
    next = Math.min(next, rest % 1000 || 1000);
  }
  if (next < Infinity && !document.hidden) timer = setTimeout(count, Math.min(next + 5, SLEEP_MS));
}

/** Each time that somebody looks: `performance.now()` stands still while the device sleeps. */
async function begin() {
  await hearClock().catch(() => {});
  // Without a clock the page says when the sale begins, as it does without this script.
  if (isKnown) count();
}

if (buttons.length) {
  begin();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) begin(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) begin(); });
}

/** Later than all that this page itself needs, and not where bytes are dear. */
function fetchNext() {
  const network = /** @type {any} */ (navigator).connection;
  if (network?.saveData) return;
  for (const name of NEXT) {
    const options = /** @type {RequestInit} */ ({ priority: "low" });
    fetch(new URL(name, import.meta.url), options).catch(() => {});
  }
}

addEventListener("load", () => setTimeout(fetchNext, 1_000));
if (document.readyState === "complete") setTimeout(fetchNext, 1_000);
