// @ts-check
// What the seat map asks the server: the plan, the state, and what changes.
import { comeback, waitMs } from "../core.js";
import { indices } from "./hall.js";

/** @typedef {import("./hall.js").States} States */

/** Between two questions where there is no stream, and until the next try to get one. */
const [POLL_MS, STREAM_AGAIN_MS] = [2000, 30000];

/** @param {string} schedule @returns {Promise<import("./hall.js").Plan>} */
export async function plan(schedule) {
  const answer = await fetch(`/events/schedules/${schedule}/plan`);
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}

/** An answer that is none: an error with `status`, `code`, and `after`, the server's `Retry-After`. @param {Response} answer */
const refusal = async (answer) =>
  Object.assign(new Error(), { status: answer.status, code: (await answer.json().catch(() => ({}))).code, after: answer.headers.get("Retry-After") });

/** Reads the state of all seats anew. Returns whether it has changed. @param {string} schedule @param {States} states */
export async function read(schedule, states) {
  const known = states.sequence < 0 ? undefined : { "If-None-Match": `"${states.sequence.toString(16)}"` };
  const answer = await fetch(`/reservations/seats/${schedule}/state`, { headers: known, cache: "no-store" });
  if (answer.status === 304) return states.reopen(indices(answer.headers.get("X-Open-Seats"))).length > 0;
  if (!answer.ok) throw await refusal(answer);
  const bits = new Uint8Array(await answer.arrayBuffer());
  states.read(bits, Number(answer.headers.get("X-Sequence")), indices(answer.headers.get("X-Open-Seats")));
  return true;
}

/**
 * Follows what changes, while the page is seen: by the stream, or by questions where there is none.
 * @param {string} schedule @param {States} states
 * @param {{changed: (indices: number[] | null) => void, trouble: (is: boolean) => void, ended: (code: string) => void}} to
 *   `changed(null)`: anything may have changed.
 */
export function follow(schedule, states, to) {
  /** @type {EventSource | null} */
  let source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let isOver = false;
  /** Failed questions, and when the next may be asked: the stream, a look at the page and the timer all ask. */
  let [failed, due] = [0, 0];
  const end = (/** @type {string} */ code) => {
    isOver = true;
    stop();
    to.ended(code);
  };
  const stop = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const again = async () => {
    if (performance.now() < due) return;
    try {
      if (await read(schedule, states)) to.changed(null);
      to.trouble(false);
      failed = 0;
    } catch (/** @type {any} */ { status, code, after }) {
      if (status === 401) return end(code);
      due = performance.now() + waitMs(failed++, after);
      to.trouble(true);
    }
  };
  const poll = (/** @type {number} */ left) => {
    timer = setTimeout(async () => {
      await again();
      if (isOver || document.hidden) return;
      if (left > 0) poll(left - POLL_MS);
      else stream();
    }, POLL_MS * (0.75 + Math.random() / 2));
  };
  const stream = () => {
    stop();
    source = new EventSource(`/reservations/seats/${schedule}/stream`);
    source.onmessage = ({ data }) => {
      const changed = states.follow(JSON.parse(data));
      to.trouble(false);
      if (changed === null) void again();
      else if (changed.length > 0) to.changed(changed);
    };
    source.addEventListener("end", (event) => end(JSON.parse(/** @type {MessageEvent} */ (event).data).code));
    source.onerror = () => {
      to.trouble(true);
      // Refused, not only interrupted: the browser tries no more, so the state is asked for.
      if (source?.readyState === EventSource.CLOSED) poll(STREAM_AGAIN_MS);
    };
  };
  // A browser has six connections to a site: only a page that is seen keeps one.
  document.addEventListener("visibilitychange", () => document.hidden && stop());
  addEventListener("pagehide", stop);
  comeback(() => {
    if (isOver || document.hidden) return;
    void again();
    stream();
  });
  if (!document.hidden) stream();
}
