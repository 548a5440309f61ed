// @ts-check
// The hall of the seat map: blocks of at most BLOCK_SEATS_MAX seats and their lines, each seat by its index, how the seats stand, and the
// rules of choosing.
// No page and no network here: the tests run this file by itself.

/** Most seats that are shown at once. The server cuts in the same way (crates/pages/src/seats/blocks.rs). */
export const BLOCK_SEATS_MAX = 1200;

/**
 * A row of the API's plan: seats that follow each other and have one grade.
 * @typedef {{name: string, first: number, count: number, grade: string, numbers?: number[], flags?: Record<string, string[]>}} PlanRow
 * @typedef {{idPrefix: string, grades: {grade: string, price: number}[], sections: {name: string, rows: PlanRow[]}[]}} Plan
 */

/**
 * Seats of one row as they lie beside each other; `first` is the index of the first.
 * @typedef {{name: string, first: number, count: number}} Line
 */

/**
 * What is shown at once: a section, or a part of a great one.
 * @typedef {{at: number, section: string, from: string, to: string, isPart: boolean, lines: Line[], seats: number}} Block
 */

/**
 * @typedef {{index: number, block: number, line: number, place: number, section: string, row: string, number: number,
 *   grade: string, price: number, flags: string[]}} Seat
 */

/**
 * Cuts the rows of a section: no part has more than BLOCK_SEATS_MAX seats, and all have about as many.
 * @param {PlanRow[]} rows
 * @returns {Line[][]}
 */
export function cut(rows) {
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  const parts = Math.max(1, Math.ceil(total / BLOCK_SEATS_MAX));
  const enough = Math.ceil(total / parts);
  /** @type {Line[][]} */
  const out = [];
  /** @type {Line[]} */
  let part = [];
  let seats = 0;
  for (const piece of rows.flatMap(pieces)) {
    if (part.length > 0 && (seats >= enough || seats + piece.count > BLOCK_SEATS_MAX)) {
      out.push(part);
      [part, seats] = [[], 0];
    }
    const last = part.at(-1);
    if (last && last.name === piece.name && last.first + last.count === piece.first) last.count += piece.count;
    else part.push({ ...piece });
    seats += piece.count;
  }
  if (part.length > 0) out.push(part);
  return out;
}

/**
 * A row longer than a part is cut itself.
 * @param {PlanRow} row
 * @returns {Line[]}
 */
function pieces({ name, first, count }) {
  const out = [];
  for (let from = 0; from < count; from += BLOCK_SEATS_MAX) {
    out.push({ name, first: first + from, count: Math.min(BLOCK_SEATS_MAX, count - from) });
  }
  return out;
}

/** The hall of a schedule. */
export class Hall {
  /** @param {Plan} plan */
  constructor(plan) {
    this.prefix = plan.idPrefix;
    /** @type {Map<string, number>} */
    this.prices = new Map(plan.grades.map(({ grade, price }) => [grade, price]));
    /** Rows in the order of their seats. @type {PlanRow[]} */
    this.rows = plan.sections.flatMap((section) => section.rows).sort((one, other) => one.first - other.first);
    /** @type {Block[]} */
    this.blocks = [];
    for (const section of plan.sections) {
      const parts = cut(section.rows);
      for (const lines of parts) {
        const seats = lines.reduce((sum, line) => sum + line.count, 0);
        const [from, to] = [lines[0]?.name ?? "", lines.at(-1)?.name ?? ""];
        this.blocks.push({ at: this.blocks.length, section: section.name, from, to, isPart: parts.length > 1, lines, seats });
      }
    }
    this.total = this.rows.reduce((most, row) => Math.max(most, row.first + row.count), 0);
    /** Block and line of each seat. */
    this.blockOf = new Uint16Array(this.total);
    this.lineOf = new Uint32Array(this.total);
    for (const block of this.blocks) {
      block.lines.forEach((line, at) => {
        this.blockOf.fill(block.at, line.first, line.first + line.count);
        this.lineOf.fill(at, line.first, line.first + line.count);
      });
    }
  }

  /** The id of a seat: the prefix, and the index in eight hexadecimal digits. @param {number} index */
  id(index) {
    const digits = this.prefix + index.toString(16).padStart(8, "0");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  /** The index of a seat's id; -1 for a seat of another schedule. @param {string} id */
  index(id) {
    const digits = id.replaceAll("-", "").toLowerCase();
    if (digits.length !== 32 || !digits.startsWith(this.prefix)) return -1;
    const index = Number.parseInt(digits.slice(24), 16);
    return index < this.total ? index : -1;
  }

  /** The row of a seat. @param {number} index @returns {PlanRow | undefined} */
  row(index) {
    let [low, high] = [0, this.rows.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle].first <= index) low = middle;
      else high = middle - 1;
    }
    return this.rows[low];
  }

  /** @param {number} index @returns {Seat} */
  seat(index) {
    const row = /** @type {PlanRow} */ (this.row(index));
    const place = index - row.first;
    const block = this.blocks[this.blockOf[index]];
    const line = this.lineOf[index];
    return {
      index,
      block: block.at,
      line,
      place: index - block.lines[line].first,
      section: block.section,
      row: row.name,
      number: row.numbers ? row.numbers[place] : place + 1,
      grade: row.grade,
      price: this.prices.get(row.grade) ?? 0,
      flags: row.flags?.[place] ?? [],
    };
  }

  /** The seats of a line. @param {Line} line @returns {Seat[]} */
  seats(line) {
    return Array.from({ length: line.count }, (_, place) => this.seat(line.first + place));
  }

  /** All seats with one of these flags. @param {string[]} flags @returns {Seat[]} */
  flagged(flags) {
    const out = [];
    for (const row of this.rows) {
      for (const [place, own] of Object.entries(row.flags ?? {})) {
        if (flags.some((flag) => own.includes(flag))) out.push(this.seat(row.first + Number(place)));
      }
    }
    return out.sort((one, other) => one.index - other.index);
  }
}

/**
 * Whether two seats that follow each other are side by side: in one row, without a step in the numbers, and not across an aisle.
 * As the server judges it (domain::seat::best).
 * @param {Seat} seat @param {Seat} next
 */
export function isBeside(seat, next) {
  const step = Math.abs(seat.number - next.number);
  const isAcrossAisle = seat.flags.includes("aisle") && next.flags.includes("aisle");
  return next.index === seat.index + 1 && seat.row === next.row && (step === 1 || step === 2) && !isAcrossAisle;
}

// ---- how the seats stand: two bits each from the server, and what changes

/** Nobody has it. */
export const FREE = 0;
/** Held or in payment: it may come back. */
export const HELD = 1;
export const SOLD = 2;
/** Never sold. */
export const CLOSED = 3;

/** The state of all seats of a hall. */
export class States {
  /** @param {number} total */
  constructor(total) {
    this.sequence = -1;
    this.all = new Uint8Array(total);
    /** Seats that came back and are open to this pass. @type {Set<number>} */
    this.open = new Set();
  }

  /**
   * Reads `GET /reservations/seats/{id}/state`: the first seat stands in the lowest bits.
   * @param {Uint8Array} bits @param {number} sequence @param {number[]} open
   */
  read(bits, sequence, open) {
    for (let index = 0; index < this.all.length; index += 1) {
      this.all[index] = (bits[index >> 2] >> ((index & 3) * 2)) & 3;
    }
    this.sequence = sequence;
    this.open = new Set(open);
  }

  /**
   * Takes an event of the stream. Returns the seats that may look different now; null where an event was missed, and the state must be
   * read again.
   * @param {{from: number, to: number, changes: [number, number][], open?: number[]}} event
   * @returns {number[] | null}
   */
  follow(event) {
    if (event.to === this.sequence && event.changes.length === 0) return this.reopen(event.open);
    if (event.from !== this.sequence) return null;
    for (const [index, state] of event.changes) {
      if (index < this.all.length) this.all[index] = state;
    }
    this.sequence = event.to;
    return [...event.changes.map(([index]) => index), ...this.reopen(event.open)];
  }

  /** @param {number[] | undefined} open @returns {number[]} */
  reopen(open) {
    if (!open) return [];
    const before = this.open;
    this.open = new Set(open);
    return [...before, ...open].filter((index) => before.has(index) !== this.open.has(index));
  }

  /** What this person sees. @param {number} index */
  of(index) {
    return this.all[index] === HELD && this.open.has(index) ? FREE : this.all[index];
  }

  /** @param {number} index */
  isFree(index) {
    return this.of(index) === FREE;
  }

  /** Free seats of a block; those in payment do not count. @param {{lines: {first: number, count: number}[]}} block */
  left(block) {
    let left = 0;
    for (const { first, count } of block.lines) {
      for (let index = first; index < first + count; index += 1) if (this.isFree(index)) left += 1;
    }
    return left;
  }

  /** Of a block, or of all: how many seats stand in each state. @param {{lines: {first: number, count: number}[]}[]} blocks */
  counts(blocks) {
    const counts = [0, 0, 0, 0];
    for (const block of blocks) {
      for (const { first, count } of block.lines) {
        for (let index = first; index < first + count; index += 1) counts[this.of(index)] += 1;
      }
    }
    return { free: counts[FREE], held: counts[HELD], sold: counts[SOLD], closed: counts[CLOSED] };
  }
}

/** Reads a list of indices in a header. @param {string | null} text @returns {number[]} */
export function indices(text) {
  return (text ?? "").split(",").filter(Boolean).map(Number).filter(Number.isInteger);
}

// ---- rules of choosing

/** Seats that nobody gets who does not ask for one of them. @param {Seat} seat */
export const isSpecial = (seat) => seat.flags.includes("wheelchair") || seat.flags.includes("companion");

/**
 * The groups of seats of a line that are side by side and for which `isIn` says yes.
 * @param {Hall} hall @param {Line} line @param {(seat: Seat) => boolean} isIn
 * @returns {Seat[][]}
 */
export function groups(hall, line, isIn) {
  /** @type {Seat[][]} */
  const out = [];
  let before = null;
  for (const seat of hall.seats(line)) {
    const isWanted = isIn(seat);
    if (isWanted && before && isBeside(before, seat)) out.at(-1)?.push(seat);
    else if (isWanted) out.push([seat]);
    before = isWanted ? seat : null;
  }
  return out;
}

/**
 * Seats that the choice would leave alone: free, and after it with no free neighbour, though they have one now.
 * @param {Hall} hall @param {(index: number) => boolean} isFree @param {Set<number>} choice
 * @returns {Seat[]}
 */
export function orphans(hall, isFree, choice) {
  const lines = new Map();
  for (const index of choice) {
    const seat = hall.seat(index);
    lines.set(`${seat.block}/${seat.line}`, hall.blocks[seat.block].lines[seat.line]);
  }
  const out = [];
  for (const line of lines.values()) {
    const single = (/** @type {(seat: Seat) => boolean} */ isIn) =>
      groups(hall, line, isIn).filter((group) => group.length === 1).map((group) => group[0]);
    const before = new Set(single((seat) => isFree(seat.index) || choice.has(seat.index)).map((seat) => seat.index));
    const after = single((seat) => isFree(seat.index) && !choice.has(seat.index));
    out.push(...after.filter((seat) => !before.has(seat.index)));
  }
  return out;
}

/**
 * What a refused choice becomes: which seats stay, which are new, and whether the new ones are beside what stays (or, where nothing stays,
 * beside each other).
 * @param {Hall} hall @param {number[]} asked @param {number[]} taken @param {number[]} instead
 */
export function exchange(hall, asked, taken, instead) {
  const kept = asked.filter((index) => !taken.includes(index) && instead.includes(index));
  const added = instead.filter((index) => !kept.includes(index));
  const dropped = asked.filter((index) => !taken.includes(index) && !instead.includes(index));
  const all = [...instead].sort((one, other) => one - other).map((index) => hall.seat(index));
  const isTogether = all.every((seat, at) => at === 0 || isBeside(all[at - 1], seat));
  return { kept, added, dropped, isTogether };
}

/**
 * Places for a party in a line: each group side by side is cut from its ends, so that nobody is left alone where it can be helped.
 * @param {Hall} hall @param {Line} line @param {number} size @param {(index: number) => boolean} isFree
 * @returns {Seat[][]}
 */
export function parties(hall, line, size, isFree) {
  const out = [];
  for (const group of groups(hall, line, (seat) => isFree(seat.index) && !isSpecial(seat))) {
    for (let at = 0; at + size <= group.length; at += size) out.push(group.slice(at, at + size));
  }
  return out;
}
