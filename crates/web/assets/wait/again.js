// @ts-check
/** A page without a place: it tries again by itself, or when what it waits for opens. Also the countdown of a place before that. */
import { backoffMs, fill, open, start } from "./model.js";

/** What opens at a fixed time spreads its visitors over so long. */
const OPENING_MS = 1_000;

/** A time that is left: `1:02:03`. @param {number} ms */
export function leftText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (/** @type {number} */ n) => String(Math.floor(n) % 60).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(seconds / 60)}:${two(seconds)}`;
}

/**
 * Counts down.
 * @param {() => number} left milliseconds, asked for each time: the server's clock may be heard anew meanwhile
 * @param {(left: string) => void} show @param {() => void} end
 */
export function countDown(left, show, end) {
  const tick = () => {
    const rest = left();
    show(leftText(rest));
    if (rest > 0) setTimeout(tick, rest % 1000 || 1000);
    else setTimeout(end, Math.random() * OPENING_MS);
  };
  tick();
}

/** @param {DOMStringMap} data of the page's main part */
export function tryAgain({ again = "", after, opens, now, left = "", gone }) {
  // Other tabs must not enter again what was left here.
  if (gone && "BroadcastChannel" in window) new BroadcastChannel("onsale:" + gone).postMessage({ kind: "left" });
  if (Number(after)) setTimeout(open, backoffMs(1, Number(after)), again);
  document.querySelector(".again")?.addEventListener("click", (click) => {
    click.preventDefault();
    open(again);
  });
  const element = document.getElementById("left");
  if (!element || !opens) return;
  const rest = () => Number(opens) - Number(now) + start() - performance.now();
  // `performance.now()` stands still while the device sleeps: whoever comes back gets the page anew.
  document.addEventListener("visibilitychange", () => document.hidden || open(again));
  addEventListener("pageshow", ({ persisted }) => persisted && open(again));
  countDown(rest, (time) => (element.textContent = fill(left, { time })), () => open(again));
}

const page = globalThis.document?.querySelector("main[data-again], main[data-gone]");
if (page) tryAgain(/** @type {HTMLElement} */ (page).dataset);
