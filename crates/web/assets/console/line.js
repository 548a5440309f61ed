// @ts-check
// One line, live: its figures and chart, what a rate would do while it is typed, the second press, the way back.

import { ask, clockEvery, pause, roll } from "../core.js";
import { chart } from "./chart.js";
import { askState, byId, clearSeconds, clearText, lineOf, listen, number, pace, part, say, showState, span, stateOf, write } from "./stream.js";

/** @typedef {import("./stream.js").Line} Line */

/** A line that the stream leaves out is asked for this often. */
const ALONE_MS = 3000;
/** Its state, each third time. */
const STATE_EACH = 3;
const SURE_TIMES = 2;

const place = byId("line");
const { line: name = "", address = "" } = place.dataset;
/** @type {Line} */
let line = {
  line: name,
  waiting: Number(place.dataset.waiting),
  inside: 0,
  rate: Number(place.dataset.rate),
  measured: Number(place.dataset.measured),
  paused: byId("state").dataset.state === "PAUSED",
};

/** @param {Line} now */
function show(now) {
  line = now;
  roll(byId("waiting"), line.waiting);
  write(byId("measured"), pace(line.measured));
  write(byId("set"), number(line.rate));
  write(byId("inside"), number(line.inside));
  write(byId("clear"), clearText(line));
  showState(byId("state"), stateOf(byId("state").dataset.state ?? "", line));
  preview();
}

// ---- what a rate would do

const form = /** @type {HTMLFormElement} */ (byId("rate-form"));
const input = /** @type {HTMLInputElement} */ (byId("ratePerSecond"));
const press = byId("rate-change");
const pressText = press.textContent ?? "";
const was = Number(/** @type {HTMLInputElement} */ (form.elements.namedItem("was")).value);
let armed = -1;

/** The wished rate; NaN for what is none. */
const wish = () => (/^\d{1,7}$/.test(input.value.trim()) ? Number(input.value) : NaN);
const needsSure = (/** @type {number} */ rate) => rate > was * SURE_TIMES || (rate === 0 && was > 0);

/** @param {number} rate */
function sentence(rate) {
  if (line.rate !== was) return say("console-js-meanwhile", { now: line.rate });
  if (rate === was) return say("console-js-preview-same");
  if (!line.waiting) return say("console-js-preview-nobody");
  if (!rate) return say("console-js-preview-zero", { waiting: line.waiting });
  const values = { waiting: line.waiting, clear: span(clearSeconds(line.waiting, rate)) };
  const { stock, perPerson } = place.dataset;
  if (stock === undefined) return say("console-js-preview", values);
  return say("console-js-preview-stock", { ...values, stock: span(Math.round(Number(stock) / (rate * Number(perPerson)))) });
}

function preview() {
  const rate = wish();
  if (rate === rate) write(byId("rate-preview"), sentence(rate));
  if (rate !== armed) {
    armed = -1;
    write(press, pressText);
  }
}

input.addEventListener("input", preview);
// The page works out by itself what this button asks the server.
byId("rate-see").hidden = true;
form.addEventListener("submit", (event) => {
  const rate = wish();
  if (!(rate === rate) || !needsSure(rate)) return;
  if (armed === rate) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "sure", value: "1" }));
    return;
  }
  event.preventDefault();
  armed = rate;
  write(press, rate ? say("console-js-sure", { rate, times: pace(Math.round((rate / Math.max(1, was)) * 10) / 10) }) : say("console-js-sure-zero"));
});

const undo = document.getElementById("undo");
if (undo) {
  undo.addEventListener("due", () => (undo.hidden = true));
  clockEvery(undo, () => {});
}

// ---- words for people

for (const left of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-left]"))) {
  const text = /** @type {HTMLTextAreaElement} */ (byId(left.dataset.left ?? ""));
  const count = () => write(left, say("console-js-left", { left: Number(text.dataset.most) - [...text.value].length }));
  text.addEventListener("input", count);
  count();
}

// ---- live

let streamed = false;
listen((frame) => {
  const now = part(frame.lines).find((other) => other.line === name);
  streamed = Boolean(now);
  if (now) show(now);
});
setInterval(() => document.hidden || chart(line.waiting, line.measured), 1000);

async function askAlone() {
  for (let n = 1; ; n++) {
    await pause(ALONE_MS);
    if (document.hidden) continue;
    // What the stream leaves out: that it has opened, is full, is sold out, has ended.
    const state = n % STATE_EACH ? undefined : await askState(address);
    if (state) showState(byId("state"), state);
    if (streamed) continue;
    const stats = await ask("GET", "/queue/admin/stats", { tries: 1 });
    const now = stats.data?.scheduleStats?.map(lineOf).find((/** @type {Line} */ other) => other.line === name);
    if (now) show(now);
  }
}
askAlone();
