// @ts-check
// People waiting and let in per second, since the page was opened: drawn by uPlot, said in words, and as a table.

import { byId, make, number, pace, say, serverNow, timeText, write } from "./stream.js";

/** Twenty minutes at a point every two seconds. */
const POINTS = 600;
const POINT_MS = 2000;
const ROW_MS = 10000;
const ROWS = 30;
const HEIGHT = 220;
const LEAST_SECONDS = 60;

/** Seconds, people waiting, people a second. @type {[number[], number[], number[]]} */
const data = [[], [], []];
let [pointed, listed] = [0, 0];
/** @type {any} */
let plot;

/** A token of the style sheet. @param {string} name */
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function draw() {
  const { uPlot } = /** @type {any} */ (window);
  const place = byId("chart-place");
  if (!uPlot || data[0].length < 2) return;
  byId("chart").hidden = false;
  if (plot) return plot.setData(data);
  const whole = [...Array(8).keys()].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));
  const points = { show: false };
  const font = `13px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: () => token("soft"), font, grid: { stroke: () => token("line"), width: 1 }, ticks: { show: false } };
  const times = (/** @type {unknown} */ _, /** @type {number[]} */ at) => at.map((seconds) => timeText(seconds * 1000));
  const counts = (/** @type {unknown} */ _, /** @type {number[]} */ at) => at.map((count) => number(count));
  /** @param {number} least */
  const room = (least) => ({ range: (/** @type {unknown} */ _, /** @type {number} */ __, /** @type {number} */ most) => [0, Math.max(least, most * 1.1)] });
  // A minute at least: a line of two points across the whole picture says nothing.
  const span = (/** @type {unknown} */ _, /** @type {number} */ from, /** @type {number} */ to) => [Math.min(from, to - LEAST_SECONDS), to];
  plot = new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: span }, people: room(10), rate: room(4) },
      series: [
        {},
        { scale: "people", stroke: () => token("ink"), width: 2, points },
        { scale: "rate", stroke: () => token("act"), width: 2, dash: [6, 4], points },
      ],
      axes: [
        { ...axis, values: times, space: 90, incrs: [10, 15, 30, 60, 120, 300, 600] },
        { ...axis, scale: "people", values: counts, size: 64, incrs: whole },
        { ...axis, scale: "rate", values: counts, side: 1, size: 48, incrs: whole, grid: { show: false } },
      ],
    },
    data,
    place,
  );
  new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT })).observe(place);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot.redraw());
}

/** @param {number} now @param {number} waiting @param {number} rate */
function list(now, waiting, rate) {
  listed = now;
  const entry = make("tr");
  const time = /** @type {HTMLTableCellElement} */ (make("th", timeText(now)));
  time.scope = "row";
  entry.append(time, ...[number(waiting), pace(rate)].map((text) => Object.assign(make("td", text), { className: "number" })));
  const rows = byId("chart-rows");
  rows.prepend(entry);
  if (rows.children.length > ROWS) rows.lastElementChild?.remove();
}

/** Adds the present figures. @param {number} waiting @param {number} rate */
export function chart(waiting, rate) {
  const now = serverNow();
  if (now === now) write(byId("chart-now"), say("console-js-chart-now", { time: timeText(now), waiting, rate: pace(rate) }));
  if (!(now - pointed >= POINT_MS)) return;
  pointed = now;
  [now / 1000, waiting, rate].forEach((value, at) => {
    data[at].push(value);
    if (data[at].length > POINTS) data[at].shift();
  });
  if (now - listed >= ROW_MS) list(now, waiting, rate);
  draw();
}
