// @ts-check
// The evening, live: figures of lines, campaigns and seats, what needs a hand, and how each line went since the page was opened.

import { announce, ask, pause, roll } from "../core.js";
import { askState, byId, clearText, lineOf, listen, make, number, pace, part, say, serverNow, showState, stateOf, timeText, write } from "./stream.js";

/** @typedef {import("./stream.js").Line} Line */

const SVG = "http://www.w3.org/2000/svg";
/** How many seconds of a line a sparkline shows. */
const SPARK_POINTS = 120;
const TABLE_MS = 30000;
const TABLE_ROWS = 20;
const TABLE_LINES = 8;
/** Lines that the stream leaves out are asked for this often. */
const OTHERS_MS = 5000;
/** The state of the next line. */
const STATE_MS = 2000;
/** So long people wait for nothing before it needs a hand. */
const STUCK_MS = 15000;

/** @type {Map<string, HTMLTableRowElement>} */
const rows = new Map();
for (const row of /** @type {NodeListOf<HTMLTableRowElement>} */ (document.querySelectorAll("[data-line]"))) {
  rows.set(row.dataset.line ?? "", row);
}
/** People waiting, second by second. @type {Map<string, number[]>} */
const trends = new Map();
/** @type {Map<string, Line>} */
const lines = new Map();

/** @param {Element} row @param {string} name @returns {HTMLElement | null} */
const field = (row, name) => row.querySelector(`[data-field="${name}"]`);
/** @param {Element} row */
const label = (row) => row.querySelector("a")?.textContent ?? "";

/** @param {Line} line */
function showLine(line) {
  lines.set(line.line, line);
  const row = rows.get(line.line);
  if (!row) return;
  const waiting = field(row, "waiting");
  if (waiting) roll(waiting, line.waiting);
  write(field(row, "measured"), pace(line.measured));
  write(field(row, "inside"), number(line.inside));
  write(field(row, "rate"), number(line.rate));
  write(field(row, "clear"), clearText(line));
  setState(row, stateOf(row.dataset.state ?? "", line));
}

/** @param {HTMLElement} row @param {string} state */
function setState(row, state) {
  const place = field(row, "state");
  if (row.dataset.state === state || !place) return;
  row.dataset.state = state;
  showState(place, state);
}

/** When it began that people wait and nobody is let in, though the line should. @type {Map<string, number>} */
const stuckSince = new Map();
for (const [name, row] of rows) if (field(row, "state")?.classList.contains("is-bad")) stuckSince.set(name, -Infinity);

/** Whether that has lasted: a line that has just opened is not stuck yet. @param {string} name @param {HTMLElement} row */
function isStuck(name, row) {
  const line = lines.get(name);
  const seems = line && row.dataset.state === "OPEN" && line.waiting > 0 && line.measured <= 0;
  if (!seems) stuckSince.delete(name);
  else if (!stuckSince.has(name)) stuckSince.set(name, serverNow());
  const stuck = Boolean(seems) && serverNow() - (stuckSince.get(name) ?? Infinity) >= STUCK_MS;
  field(row, "state")?.classList.toggle("is-bad", stuck);
  return stuck;
}

/** @param {Element} figure @param {number[]} trend @param {Line} line */
function drawSpark(figure, trend, line) {
  let drawn = figure.querySelector("polyline");
  if (!drawn) {
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", "0 0 120 28");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("aria-hidden", "true");
    drawn = picture.appendChild(document.createElementNS(SVG, "polyline"));
    figure.prepend(picture);
  }
  const most = Math.max(1, ...trend);
  const step = 120 / (SPARK_POINTS - 1);
  drawn.setAttribute("points", trend.map((waiting, at) => `${(at * step).toFixed(1)},${(26 - (waiting / most) * 24).toFixed(1)}`).join(" "));
  const values = { waiting: line.waiting, rate: pace(line.measured), least: Math.min(...trend), most: Math.max(...trend) };
  write(figure.querySelector("figcaption"), say("console-js-trend", values));
}

function keepTrends() {
  for (const [name, line] of lines) {
    const trend = trends.get(name) ?? [];
    trend.push(line.waiting);
    if (trend.length > SPARK_POINTS) trend.shift();
    trends.set(name, trend);
    const row = rows.get(name);
    const figure = row && field(row, "trend");
    if (figure && trend.length > 1) drawSpark(figure, trend, line);
  }
}

let tabled = 0;

/** The same trend for those who read tables. */
function keepTable() {
  const [head, body] = [byId("trend-head"), byId("trend-body")];
  if (!head || !lines.size || serverNow() - tabled < TABLE_MS) return;
  tabled = serverNow();
  const shown = [...rows].slice(0, TABLE_LINES);
  if (head.children.length === 1) {
    for (const [, row] of shown) {
      const cell = /** @type {HTMLTableCellElement} */ (make("th", label(row)));
      cell.scope = "col";
      cell.className = "number";
      head.append(cell);
    }
    byId("trend").hidden = false;
  }
  const entry = make("tr");
  const time = /** @type {HTMLTableCellElement} */ (make("th", timeText(tabled)));
  time.scope = "row";
  entry.append(time);
  for (const [name] of shown) {
    const line = lines.get(name);
    const cell = make("td", line ? number(line.waiting) : "–");
    cell.className = "number";
    entry.append(cell);
  }
  body.prepend(entry);
  if (body.children.length > TABLE_ROWS) body.lastElementChild?.remove();
}

/** @param {import("./stream.js").Frame} frame */
function showNeeds(frame) {
  /** @type {{ key: string, text: string, href?: string }[]} */
  const needs = (frame.health?.away ?? []).map((role) => ({
    key: `role-${role}`,
    text: say("console-js-need-role", { role: say(`console-role-${role}`) }),
  }));
  for (const [name, row] of rows) {
    if (!isStuck(name, row)) continue;
    const text = say("console-js-need-stuck", { line: label(row), count: lines.get(name)?.waiting ?? 0 });
    needs.push({ key: `stuck-${name}`, text, href: row.querySelector("a")?.getAttribute("href") ?? "" });
  }
  for (const [name, row] of rows) {
    if (row.dataset.state !== "FULL") continue;
    const text = say("console-js-need-full", { line: label(row) });
    needs.push({ key: `full-${name}`, text, href: row.querySelector("a")?.getAttribute("href") ?? "" });
  }
  const list = byId("needs-list");
  const letters = frame.deadLetters?.count;
  if (letters) needs.push({ key: `letters-${letters}`, text: say("console-js-need-letters", { count: letters }), href: "/console/letters" });
  const signature = needs.map((need) => need.key).join(" ");
  if (list.dataset.signature === signature) return;
  const before = Number(byId("needs").dataset.count);
  const isFirst = list.dataset.signature === undefined;
  list.dataset.signature = signature;
  const items = needs.map(({ key, text, href }) => {
    const item = make("li", href ? "" : text);
    item.dataset.need = key;
    if (href) item.append(Object.assign(make("a", text), { href }));
    return item;
  });
  const count = items.length;
  if (!count) {
    const calm = make("li", say("console-js-need-none"));
    calm.className = "calm";
    items.push(calm);
  }
  list.replaceChildren(...items);
  byId("needs").dataset.count = String(count);
  if (count > before && !isFirst) announce(say("console-js-need-now", { count }));
}

/** @param {import("./stream.js").Frame} frame */
function showSales(frame) {
  for (const campaign of part(frame.campaigns)) {
    const row = document.querySelector(`[data-campaign="${CSS.escape(campaign.id)}"]`);
    if (!row) continue;
    const status = field(row, "status");
    write(status, say(`console-status-${campaign.status}`));
    if (status) status.dataset.state = campaign.status;
    write(field(row, "issued"), number(campaign.issued));
    write(field(row, "left"), number(campaign.total - campaign.issued));
    write(field(row, "total"), number(campaign.total));
  }
  for (const sale of part(frame.sales)) {
    const row = document.querySelector(`[data-schedule="${CSS.escape(sale.scheduleId)}"]`);
    if (!row) continue;
    write(field(row, "sold"), number(sale.sold));
    write(field(row, "held"), sale.held === null ? "–" : number(sale.held));
    write(field(row, "free"), sale.held === null ? "–" : number(sale.total - sale.sold - sale.held));
  }
}

const allPlace = document.getElementById("all-waiting");
/** People in lines that the page has no row for. */
let elsewhere = Number(allPlace?.dataset.waiting);
for (const row of rows.values()) elsewhere -= Number(row.dataset.waiting);

/** Everybody who waits, of all lines. */
function showAll() {
  let all = Math.max(0, elsewhere);
  for (const [name, row] of rows) all += lines.get(name)?.waiting ?? Number(row.dataset.waiting);
  if (allPlace) write(allPlace, allPlace.textContent?.replace(/[\d,]+/, number(all)) ?? "");
}

/** @type {import("./stream.js").Frame | undefined} */
let present;
listen((frame) => {
  present = frame;
  for (const line of part(frame.lines)) showLine(line);
  showSales(frame);
  showNeeds(frame);
  showAll();
});
// A frame comes when something has changed; a trend goes on when nothing does.
setInterval(() => {
  if (!present || document.hidden) return;
  keepTrends();
  keepTable();
}, 1000);

/** Lines beside the busiest, which are all that a frame has room for. */
async function askOthers() {
  for (;;) {
    await pause(OTHERS_MS);
    const busiest = new Set(part(present?.lines ?? []).map((line) => line.line));
    if (document.hidden || !present || [...rows.keys()].every((name) => busiest.has(name))) continue;
    const stats = await ask("GET", "/queue/admin/stats", { tries: 1 });
    const all = /** @type {Line[]} */ (stats.data?.scheduleStats?.map(lineOf) ?? []);
    if (all.length) elsewhere = 0;
    for (const line of all) {
      if (!rows.has(line.line)) elsewhere += line.waiting;
      else if (!busiest.has(line.line)) showLine(line);
    }
    showAll();
  }
}
askOthers();

/** One line after the other: what the stream leaves out, that it has opened, is full, is sold out, has ended. */
async function askStates() {
  for (;;) {
    for (const row of rows.values()) {
      await pause(STATE_MS);
      const address = row.querySelector("a")?.getAttribute("href")?.split("/").pop();
      const state = document.hidden || !address ? undefined : await askState(address);
      if (state) setState(row, state);
    }
    if (!rows.size) return;
  }
}
askStates();
