// @ts-check
// What seats, sections and choices are called, in the words of the page. No page and no network here.
import { CLOSED, FREE, HELD, SOLD } from "./hall.js";

/**
 * @typedef {import("./hall.js").Seat} Seat
 * @typedef {import("./hall.js").Block} Block
 * @typedef {(id: string, values?: Record<string, string | number>) => string} Say
 */

const STATES = { [FREE]: "free", [HELD]: "held", [SOLD]: "sold", [CLOSED]: "closed" };
/** Flags that buyers are told of, in this order. */
const FLAGS = ["aisle", "wheelchair", "companion", "obstructed"];

/** A row without the word for it, which stands in the text already. @param {string} name */
export const rowOf = (name) => (name.length > 1 ? name.replace(/\s*열$/, "") : name);

/** `B-7`, as on the ticket. @param {Say} say @param {Seat} seat */
export const short = (say, seat) => say("short", { row: rowOf(seat.row), number: String(seat.number) });

/**
 * The whole name of a seat: where, what it costs, how it stands. A person who hears it needs nothing else.
 * @param {Say} say @param {Seat} seat @param {number} state @param {"" | "mine" | "own"} mark
 */
export function full(say, seat, state, mark) {
  const flags = FLAGS.filter((flag) => seat.flags.includes(flag)).map((flag) => say(`flag-${flag}`));
  const name = say("name", {
    section: seat.section,
    row: rowOf(seat.row),
    number: String(seat.number),
    grade: seat.grade,
    price: seat.price,
    state: say(mark || `state-${STATES[/** @type {0 | 1 | 2 | 3} */ (state)]}`),
  });
  return list(say, [name, ...flags]);
}

/** A block: its section, and the rows of a part. @param {Say} say @param {Block} block */
export const blockName = (say, { section, isPart, from, to }) =>
  isPart ? say("part", { section, from: rowOf(from), to: rowOf(to) }) : section;

/** Several seats, those of one row beside each other. @param {Say} say @param {Seat[]} seats */
export function several(say, seats) {
  /** @type {Map<string, Seat[]>} */
  const rows = new Map();
  for (const seat of seats) rows.set(seat.row, [...(rows.get(seat.row) ?? []), seat]);
  const names = [...rows.values()].flat().map((seat) => short(say, seat));
  const last = names.pop() ?? "";
  return names.length > 0 ? `${list(say, names)} ${say("last")} ${last}` : last;
}

/** @param {Say} say @param {string[]} parts */
const list = (say, parts) => parts.join(`${say("and")} `);

/** The text for one, or for several. @param {Say} say @param {string} id @param {Seat[]} seats */
const counted = (say, id, seats) => say(`${id}-${seats.length === 1 ? "one" : "many"}`, { seats: several(say, seats) });

/**
 * What is said when seats of a choice were taken: "B-7 was just taken. B-9 and B-10 are free beside it."
 * @param {Say} say @param {Seat[]} taken @param {Seat[]} kept @param {Seat[]} added @param {boolean} isTogether
 */
export function takenSentence(say, taken, kept, added, isTogether) {
  const gone = counted(say, "taken", taken);
  if (added.length === 0) return `${gone} ${say("taken-nothing")}`;
  const id = !isTogether ? "near" : kept.length > 0 ? "beside" : "together";
  return `${gone} ${counted(say, id, added)}`;
}
