// @ts-check
// The one stream of all pages of the console: a frame a second at most, and none while the page is hidden.

import { ask, lang, number, renew, say, serverNow, waitMs } from "../core.js";

/**
 * @typedef {{ line: string, waiting: number, inside: number, rate: number, measured: number, paused: boolean }} Line
 * @typedef {{ id: string, status: string, issued: number, total: number }} Campaign
 * @typedef {{ scheduleId: string, sold: number, held: number | null, total: number }} Sale
 * @typedef {object} Frame a part whose role is away is an object with `error`
 * @property {Line[]} lines
 * @property {Campaign[]} campaigns
 * @property {Sale[]} sales
 * @property {{ count: number, isMore: boolean }} deadLetters
 * @property {{ status: string, away: string[] }} health
 */

/** @param {string} id */
export const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** A part of a frame; nothing while its role is away. @template T @param {T[]} part @returns {T[]} */
export const part = (part) => (Array.isArray(part) ? part : []);

const clock = new Intl.DateTimeFormat("ko-KR", { timeZone: "Asia/Seoul", hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** The time of day in Korea. @param {number} ms */
export const timeText = (ms) => clock.format(ms);

/** "13 min 44 s". @param {number} seconds */
export function span(seconds) {
  if (seconds >= 86400) return say("console-js-days");
  if (seconds >= 3600) return say("console-js-hours", { hours: Math.floor(seconds / 3600), minutes: Math.floor((seconds % 3600) / 60) });
  if (seconds >= 60) return say("console-js-minutes", { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
  return say("console-js-seconds", { seconds });
}

/** Seconds until so many are in; infinite while nobody is. @param {number} waiting @param {number} rate */
export const clearSeconds = (waiting, rate) => (waiting ? Math.ceil(waiting / rate) : 0);

/** People a second: one decimal while it is small. @param {number} rate */
export const pace = (rate) => (rate >= 100 || Number.isInteger(rate) ? number(Math.round(rate)) : rate.toFixed(1));

/** In how long a line is clear. @param {Line} line */
export function clearText(line) {
  const rate = isStill(line) ? 0 : line.measured > 0 ? line.measured : line.rate;
  const seconds = clearSeconds(line.waiting, rate);
  return seconds === Infinity ? say("console-js-never") : seconds ? span(seconds) : "–";
}

/** Nobody is let in, by an operator's will. @param {Line} line */
export const isStill = (line) => line.paused || line.rate === 0;

/**
 * The state of a line after its newest figures: they say nothing of drawing, full, sold out. @param {string} was @param {Line} line
 */
export const stateOf = (was, line) =>
  isStill(line) && ["OPEN", "FULL", "PAUSED"].includes(was) ? "PAUSED" : !isStill(line) && was === "PAUSED" ? "OPEN" : was;

/** Shows the state of a line, in words and for tests. @param {HTMLElement} place @param {string} state */
export function showState(place, state) {
  place.dataset.state = state;
  write(place, say(`console-state-${state}`));
}

/** The state that people in a line are told. @param {string} address @returns {Promise<string | undefined>} */
export const askState = (address) => ask("GET", `/queue/serving/${address}?ranges=1`, { tries: 1 }).then((answer) => answer.data?.state);

/** A line as statistics have it. @param {any} one @returns {Line} */
export function lineOf({ scheduleId, waitingCount, activeCount, ratePerSecond, measuredPerSecond, paused }) {
  const line = scheduleId.startsWith("gate:") ? scheduleId : `queue:${scheduleId}`;
  return { line, waiting: waitingCount, inside: activeCount, rate: ratePerSecond, measured: measuredPerSecond, paused };
}

/** Writes only what differs: nothing moves, and a reader's place is kept. @param {Element | null} element @param {string} text */
export const write = (element, text) => {
  if (element && element.textContent !== text) element.textContent = text;
};

/** An element with a text. @param {string} tag @param {string} [text] */
export function make(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** Listens while the page is seen. @param {(frame: Frame) => void} hear */
export function listen(hear) {
  const heard = document.getElementById("heard");
  /** @type {EventSource | null} */
  let source = null;
  let timer = 0;
  let tried = 0;
  let last = serverNow();

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    if (document.hidden) return;
    source = new EventSource("/api/v1/admin/stream");
    source.addEventListener("state", (event) => {
      tried = 0;
      last = serverNow();
      write(heard, say("console-js-live", { time: timeText(last) }));
      hear(JSON.parse(event.data));
    });
    source.onerror = () => {
      write(heard, say("console-js-away", { time: timeText(last) }));
      // The browser tries again by itself, but not after a refusal: the session may have to be renewed.
      if (source?.readyState === EventSource.CLOSED) timer = setTimeout(() => renew().then(open), waitMs(tried++));
    };
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (shown) => shown.persisted && open());
  open();
}

export { lang, number, say, serverNow };
