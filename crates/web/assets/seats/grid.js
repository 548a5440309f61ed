// @ts-check
// A section as real buttons: a grid for the keyboard, moved and scaled by the browser itself.
import { blockName, full, rowOf } from "./names.js";
import { CLOSED, FREE, HELD, SOLD, isBeside } from "./hall.js";

/**
 * @typedef {import("./hall.js").Hall} Hall
 * @typedef {import("./hall.js").Seat} Seat
 * @typedef {import("./names.js").Say} Say
 */

const LOOKS = { [FREE]: "free", [HELD]: "held", [SOLD]: "sold", [CLOSED]: "closed" };
/** Rows that PgUp and PgDn pass. */
const PAGE_ROWS = 5;
/** Of the size in the style sheet: 24 to 56 pixels a seat. */
const [SCALE_MIN, SCALE_MAX, SCALE_STEP] = [0.75, 1.75, 1.25];

/** @param {string} tag @param {Record<string, string | number>} attributes @param {(Node | string)[]} children */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/**
 * The grid of one block at a time.
 * `of` says how things stand: `state(index)` of a seat as this person sees it, `mark(index)` whether it is chosen or held by this person.
 */
export class Grid {
  /**
   * @param {{hall: Hall, say: Say, frame: HTMLElement, state: (index: number) => number, mark: (index: number) => "" | "mine" | "own",
   *   pick: (index: number) => void, look: (seat: Seat) => void, beyond: (dx: number, dy: number) => void, go: (to: "overview" | "list") => void,
   *   tell: (text: string) => void}} of
   */
  constructor(of) {
    this.of = of;
    this.scale = 1;
    /** @type {Map<number, HTMLElement>} */
    this.buttons = new Map();
    /** @type {Seat[][]} */
    this.lines = [];
    this.at = { line: 0, place: 0 };
    this.layer = make("div", { class: "layer", role: "grid" });
    this.sizer = make("div", { class: "sizer" }, this.layer);
    of.frame.replaceChildren(this.sizer);
    this.layer.addEventListener("click", (event) => this.clicked(event));
    this.layer.addEventListener("keydown", (event) => this.pressed(event));
    this.layer.addEventListener("focusin", (event) => this.focused(event));
    this.layer.addEventListener("pointerover", (event) => this.hovered(event));
    this.zoomBy(of.frame);
  }

  /** Draws a block. @param {number} at */
  show(at) {
    const { hall, say } = this.of;
    const block = hall.blocks[at];
    this.block = block;
    this.lines = block.lines.map((line) => hall.seats(line));
    this.buttons.clear();
    const columns = Math.max(...block.lines.map((line) => line.count)) + 1;
    this.layer.setAttribute("aria-label", say("grid", { section: blockName(say, block) }));
    this.layer.setAttribute("aria-rowcount", String(this.lines.length));
    this.layer.setAttribute("aria-colcount", String(columns));
    this.layer.replaceChildren(...this.lines.map((seats, index) => this.row(seats, index)));
    this.at = { line: 0, place: 0 };
    this.rove(this.firstFree() ?? this.lines[0][0], false);
    this.fit();
  }

  /** @param {Seat[]} seats @param {number} index */
  row(seats, index) {
    const head = make("span", { class: "head", role: "rowheader", "aria-colindex": 1 }, rowOf(seats[0].row));
    const row = make("div", { class: "row", role: "row", "aria-rowindex": index + 1 }, head);
    let before = null;
    for (const seat of seats) {
      const button = make("button", { type: "button", class: "seat", tabindex: -1, "data-index": seat.index, "data-grade": seat.grade });
      if (seat.flags.length > 0) button.dataset.flags = seat.flags.join(" ");
      // Written by the style sheet: the name of a seat says the number, and says more.
      button.dataset.number = String(seat.number);
      this.buttons.set(seat.index, button);
      this.paint(seat.index, seat);
      const cell = make("span", { role: "gridcell", "aria-colindex": seat.place + 2 }, button);
      if (before && !isBeside(before, seat)) cell.className = "gap";
      row.append(cell);
      before = seat;
    }
    return row;
  }

  /** Shows how a seat stands, if it is in this block. @param {number} index @param {Seat} [known] */
  paint(index, known) {
    const button = this.buttons.get(index);
    if (!button) return;
    const [state, mark] = [this.of.state(index), this.of.mark(index)];
    button.dataset.state = mark || LOOKS[/** @type {0 | 1 | 2 | 3} */ (state)];
    button.setAttribute("aria-pressed", String(mark === "mine"));
    // Not `disabled`: a seat that cannot be had must still be found, read and left by the arrows.
    button.setAttribute("aria-disabled", String(mark === "" && state !== FREE));
    button.setAttribute("aria-label", full(this.of.say, known ?? this.of.hall.seat(index), state, mark));
  }

  /** @param {Event} event @returns {Seat | undefined} */
  seatOf(event) {
    const button = event.target instanceof Element ? event.target.closest("button.seat") : null;
    return button instanceof HTMLElement ? this.of.hall.seat(Number(button.dataset.index)) : undefined;
  }

  /** @param {Event} event */
  clicked(event) {
    const seat = this.seatOf(event);
    if (seat) this.of.pick(seat.index);
  }

  /** @param {Event} event */
  focused(event) {
    const seat = this.seatOf(event);
    if (!seat) return;
    this.rove(seat, false);
    this.of.look(seat);
  }

  /** @param {Event} event */
  hovered(event) {
    const seat = this.seatOf(event);
    if (seat) this.of.look(seat);
  }

  /** Makes a seat the one tab stop of the grid. @param {Seat} seat @param {boolean} isFocused */
  rove(seat, isFocused) {
    const before = this.lines[this.at.line]?.[this.at.place];
    if (before) this.buttons.get(before.index)?.setAttribute("tabindex", "-1");
    this.at = { line: seat.line, place: seat.place };
    const button = this.buttons.get(seat.index);
    button?.setAttribute("tabindex", "0");
    if (isFocused) button?.focus();
  }

  /** Where one begins: in the front row that has a free seat, the one nearest to the middle. */
  firstFree() {
    for (const seats of this.lines) {
      const free = seats.filter((seat) => this.of.state(seat.index) === FREE);
      const off = (/** @type {Seat} */ seat) => Math.abs(seat.place - (seats.length - 1) / 2);
      if (free.length > 0) return free.reduce((best, seat) => (off(seat) < off(best) ? seat : best));
    }
  }

  /** The seat of another line that lies nearest: lines stand in the middle. @param {number} line @param {number} place @param {number} from */
  across(line, place, from) {
    const middle = place - this.lines[from].length / 2;
    const to = this.lines[line];
    return to[Math.max(0, Math.min(to.length - 1, Math.floor(middle + to.length / 2)))];
  }

  /** @param {KeyboardEvent} event */
  pressed(event) {
    if (event.altKey || event.metaKey) return;
    const { line, place } = this.at;
    const to = this.target(event, line, place);
    if (to === undefined) return;
    event.preventDefault();
    if (to) this.rove(to, true);
  }

  /** Where a key leads: a seat, null where it did something else, nothing where it is no key of the grid. @param {KeyboardEvent} event
   * @param {number} line @param {number} place @returns {Seat | null | undefined} */
  target(event, line, place) {
    const [seats, last] = [this.lines[line], this.lines.length - 1];
    const beyond = (/** @type {number} */ dx, /** @type {number} */ dy) => (this.of.beyond(dx, dy), null);
    const down = (/** @type {number} */ by) => this.across(Math.max(0, Math.min(last, line + by)), place, line);
    if (event.ctrlKey && event.key !== "Home" && event.key !== "End") return undefined;
    switch (event.key) {
      case "ArrowLeft": return seats[place - 1] ?? beyond(-1, 0);
      case "ArrowRight": return seats[place + 1] ?? beyond(1, 0);
      case "ArrowUp": return line > 0 ? down(-1) : beyond(0, -1);
      case "ArrowDown": return line < last ? down(1) : beyond(0, 1);
      case "PageUp": return down(-PAGE_ROWS);
      case "PageDown": return down(PAGE_ROWS);
      case "Home": return event.ctrlKey ? this.lines[0][0] : seats[0];
      case "End": return event.ctrlKey ? this.lines[last].at(-1) : seats.at(-1);
      case "n": case "N": case "ㅜ": return this.nextFree() ?? (this.of.tell(this.of.say("all-full")), null);
      case "l": case "L": case "ㅣ": return this.of.go("list"), null;
      case "Escape": return this.of.go("overview"), null;
      default: return undefined;
    }
  }

  nextFree() {
    const all = this.lines.flat();
    const here = all.findIndex((seat) => seat.line === this.at.line && seat.place === this.at.place);
    const order = [...all.slice(here + 1), ...all.slice(0, here)];
    return order.find((seat) => this.of.state(seat.index) === FREE && this.of.mark(seat.index) === "");
  }

  /** Enters the grid from the side that lies against a direction of movement. @param {number} dx @param {number} dy */
  enter(dx, dy) {
    const last = this.lines.length - 1;
    const line = dy > 0 ? 0 : dy < 0 ? last : Math.min(last, Math.floor(this.lines.length / 2));
    const seats = this.lines[line];
    const place = dx > 0 ? 0 : dx < 0 ? seats.length - 1 : Math.floor(seats.length / 2);
    this.rove(seats[place], true);
  }

  /** Focus on the tab stop. */
  focus() {
    const seat = this.lines[this.at.line][this.at.place];
    this.rove(seat, true);
  }

  /** As large as the frame allows, and never too small for a finger. */
  fit() {
    this.layer.style.transform = "";
    const width = this.layer.scrollWidth;
    this.zoom(Math.min(1, (this.of.frame.clientWidth - 4) / Math.max(1, width)));
    const frame = this.of.frame;
    frame.scrollLeft = (frame.scrollWidth - frame.clientWidth) / 2;
  }

  /** @param {number} scale @param {{x: number, y: number}} [about] a point of the frame that stays where it is */
  zoom(scale, about) {
    const frame = this.of.frame;
    const next = Math.max(SCALE_MIN, Math.min(SCALE_MAX, scale));
    const point = about ?? { x: frame.clientWidth / 2, y: frame.clientHeight / 2 };
    const [x, y] = [(frame.scrollLeft + point.x) / this.scale, (frame.scrollTop + point.y) / this.scale];
    this.scale = next;
    this.layer.style.transform = `scale(${next})`;
    this.sizer.style.width = `${this.layer.offsetWidth * next}px`;
    this.sizer.style.height = `${this.layer.offsetHeight * next}px`;
    frame.scrollLeft = x * next - point.x;
    frame.scrollTop = y * next - point.y;
  }

  closer() { this.zoom(this.scale * SCALE_STEP); }

  farther() { this.zoom(this.scale / SCALE_STEP); }

  /** Wheel with Ctrl (and so a pinch on a touch pad), and two fingers. @param {HTMLElement} frame */
  zoomBy(frame) {
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      this.zoom(this.scale * Math.exp(-event.deltaY / 200), { x: event.clientX - box.left, y: event.clientY - box.top });
    }, { passive: false });
    let before = 0;
    const apart = (/** @type {TouchList} */ [one, other]) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    frame.addEventListener("touchstart", (event) => {
      before = event.touches.length === 2 ? apart(event.touches) : 0;
    }, { passive: true });
    frame.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2 || before === 0) return;
      event.preventDefault();
      const [box, now] = [frame.getBoundingClientRect(), apart(event.touches)];
      const [one, other] = event.touches;
      this.zoom(this.scale * (now / before), {
        x: (one.clientX + other.clientX) / 2 - box.left,
        y: (one.clientY + other.clientY) / 2 - box.top,
      });
      before = now;
    }, { passive: false });
  }
}
