// @ts-check
/**
 * What the waiting page reckons, without a page: ranks, waits, intervals, what is said aloud. Tests run it by itself.
 *
 * @typedef {{ state: string, serving: number, last: number, waiting: number, ratePerSecond: number, ticketsPerSecond: number,
 *   left: number[][], notice: { ko: string | null, en: string | null } | null, opensAt: string | null, now: number }} Serving
 * The public document of a line.
 */

/** Bounds of the interval between two hearings of the public document, in seconds. */
const HEAR_SECONDS_MIN = 2;
const HEAR_SECONDS_MAX = 30;
/** Between two questions for the own place, in milliseconds: two tries within the 120 s after which a line passes over. */
export const PLACE_MS = 50_000;
/** A stream costs more bytes than hearings that come ever closer, but for the last minute. */
const STREAM_SECONDS = 60;
/** Where admission stands no wait is known; so many may go in within moments of its going on. */
export const STREAM_RANKS = 100;
/** The turn comes within this time: the own place is asked for often. */
const TURN_SECONDS = 3;
/** Least time between two announcements that no milestone asks for, in milliseconds. */
export const SAY_MS = 30_000;
const MILESTONES = [1, 10, 100, 1000];
const BACKOFF_SECONDS_MAX = 30;

/** A quarter more or less, so that a crowd does not ask all at once. @param {number} ms */
export const jittered = (ms, random = Math.random()) => ms * (0.75 + random * 0.5);

/** Milliseconds until the next hearing. @param {number | null} wait seconds; null: unknown */
export function hearMs(wait, random = Math.random()) {
  const seconds = wait === null ? HEAR_SECONDS_MAX : Math.min(Math.max(wait / 20, HEAR_SECONDS_MIN), HEAR_SECONDS_MAX);
  return jittered(seconds * 1000, random);
}

/**
 * Milliseconds until the next try after failures: what the server says and up to as much again, else 1, 2, 4 .. 30 s at random.
 * @param {number} failures from 1
 * @param {number} retryAfter seconds; 0: nothing was said
 */
export function backoffMs(failures, retryAfter, random = Math.random()) {
  if (retryAfter > 0) return retryAfter * 1000 * (1 + random);
  return 250 + Math.min(2 ** (failures - 1), BACKOFF_SECONDS_MAX) * 1000 * random;
}

/** Tickets given up, above `serving` and below a ticket. @param {Serving} doc @param {number} ticket */
function gone(doc, ticket) {
  let sum = 0;
  for (const [from, to] of doc.left) if (from < ticket) sum += Math.min(to, ticket - 1) - from + 1;
  return sum;
}

/** The rank that follows from the document; below 1 once it was served. @param {Serving} doc @param {number} ticket */
export const rankOf = (doc, ticket) => ticket - doc.serving - gone(doc, ticket);

/**
 * The ticket that follows from a rank, where a line tells only that. Who was heard `late` seconds after the document stands
 * so much further behind what it serves.
 * @param {Serving} doc @param {number} rank
 */
export function ticketOf(doc, rank, late = 0) {
  let ticket = doc.serving + rank + Math.ceil(Math.max(late, 0) * doc.ticketsPerSecond);
  for (const [from, to] of doc.left) if (from <= ticket) ticket += to - from + 1;
  return ticket;
}

/** The rank to show: never worse than the one that was shown, whatever is heard. @param {number} shown @param {number} heard */
export const better = (shown, heard) => Math.max(1, Math.min(shown, heard));

/** Seconds until the turn, null while nobody goes in. @param {Serving} doc @param {number} rank @param {number} ticket */
export function waitOf(doc, rank, ticket) {
  if (!(doc.ratePerSecond > 0)) return null;
  const ahead = ticket - doc.serving;
  // Some ahead give up their tickets. The ticket of one who was passed over is not above `serving`.
  const byTickets = ahead > 0 && doc.ticketsPerSecond > 0 ? ahead / doc.ticketsPerSecond : Infinity;
  return Math.ceil(Math.min(rank / doc.ratePerSecond, byTickets));
}

/** Whether a stream is worth its connection. @param {number | null} wait @param {number} rank */
export const wantsStream = (wait, rank) => (wait === null ? rank <= STREAM_RANKS : wait <= STREAM_SECONDS);

/** Whether the own turn may come at any moment. @param {Serving} doc @param {number} rank @param {number} ticket */
export function isNear(doc, rank, ticket) {
  return ticket <= doc.serving || (doc.ratePerSecond > 0 && rank / doc.ratePerSecond < TURN_SECONDS);
}

/**
 * What the page says of the line: `drawing`, `scheduled`, `paused`, `passed`, `soldout`, `waiting`, or `over`.
 * @param {Serving} doc @param {number} ticket 0: in a draw
 */
export function stateOf(doc, ticket) {
  if (doc.state === "ENDED") return "over";
  if (doc.state === "SOLD_OUT") return "soldout";
  if (!ticket) return "drawing";
  if (doc.state === "SCHEDULED") return "scheduled";
  if (doc.state === "PAUSED") return "paused";
  return ticket <= doc.serving ? "passed" : "waiting";
}

/** Whether a rank is said aloud now. @param {number} said the one said last @param {number} rank @param {number} sinceMs */
export function isSaid(said, rank, sinceMs) {
  return rank < said && (sinceMs >= SAY_MS || MILESTONES.some((mark) => rank <= mark && mark < said));
}

/** A text with its values. @param {string} text @param {Record<string, string | number>} values */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/**
 * Opens an address of this site. The fragment is of the address that was asked for: only the browser knows it.
 * @param {string} address
 */
export function open(address, values = {}) {
  const to = new URL(address, location.href);
  for (const [name, value] of Object.entries(values)) to.searchParams.set(name, value);
  to.hash = location.hash;
  if (to.href === location.href) location.reload();
  else location.replace(to.href);
}

/** When the page's first byte came, on the clock that nobody sets. @returns {number} */
export function start() {
  const [navigation] = /** @type {any[]} */ (performance.getEntriesByType("navigation"));
  return navigation?.responseStart || performance.now();
}
