// @ts-check
// The choice, the notices, and the list of a section: what stands beside the picture.
import { make } from "./grid.js";
import { full, rowOf, several, short } from "./names.js";
import { parties } from "./hall.js";

/**
 * @typedef {import("./hall.js").Hall} Hall
 * @typedef {import("./hall.js").Seat} Seat
 * @typedef {import("./names.js").Say} Say
 */

/** The price of seats together. @param {Seat[]} seats */
export const total = (seats) => seats.reduce((sum, seat) => sum + seat.price, 0);

/** A button with words. @param {string} text @param {() => void} press @param {string} look */
export function button(text, press, look = "") {
  const made = make("button", { type: "button", class: look }, text);
  made.addEventListener("click", press);
  return made;
}

/**
 * Shows the choice with its price, what it leaves alone, and the one button.
 * @param {HTMLElement} panel
 * @param {{say: Say, chosen: Seat[], orphans: Seat[], isChange: boolean, isSame: boolean, remove: (index: number) => void, hold: () => void}} of
 */
export function showChoice(panel, { say, chosen, orphans, isChange, isSame, remove, hold }) {
  panel.hidden = false;
  panel.className = chosen.length > 0 ? "panel card has-choice" : "panel card";
  const sum = total(chosen);
  const title = chosen.length === 0 ? say("nothing") : say("chosen", { count: chosen.length, price: sum });
  const seats = make("ul", {}, ...chosen.map((seat) => {
    const label = make("span", { "data-grade": seat.grade }, `${short(say, seat)} `, make("small", {}, seat.grade));
    const out = button("×", () => remove(seat.index), "out");
    out.setAttribute("aria-label", say("remove", { seat: short(say, seat) }));
    return make("li", {}, label, out);
  }));
  const parts = [make("p", { class: "sum" }, title)];
  if (chosen.length > 0) parts.push(seats);
  if (orphans.length > 0) parts.push(make("p", { class: "soft" }, say("orphan", { seats: several(say, orphans) })));
  if (chosen.length > 0 && !isSame) parts.push(button(say(isChange ? "change" : "hold"), hold, "is-main"));
  panel.replaceChildren(...parts);
}

/**
 * Says something that must not be missed, with at most one thing to do.
 * @param {HTMLElement} place @param {string} text @param {{text: string, press: () => void}} [next]
 */
export function notice(place, text, next) {
  const box = make("div", { class: "notice is-bad", role: "alert", tabindex: -1 }, make("p", {}, text));
  if (next) box.append(button(next.text, next.press, "is-main"));
  place.replaceChildren(box);
  (box.querySelector("button") ?? box).focus();
  box.scrollIntoView({ block: "nearest" });
}

/**
 * The list of a section: for each row the places where a party sits side by side.
 * @param {{hall: Hall, say: Say, block: import("./hall.js").Block, party: number, isFree: (index: number) => boolean,
 *   isMine: (index: number) => boolean, take: (seats: Seat[]) => void}} of
 */
export function list({ hall, say, block, party, isFree, isMine, take }) {
  const rows = block.lines.map((line) => {
    const places = parties(hall, line, party, (index) => isFree(index) || isMine(index));
    const buttons = places.map((seats) => {
      const [first, last] = [seats[0], seats[seats.length - 1]];
      const name = party === 1
        ? full(say, first, 0, isMine(first.index) ? "mine" : "")
        : `${say("group", { row: rowOf(line.name), from: String(first.number), to: String(last.number) })}, ${first.grade}, ${say("won", { price: total(seats) })}`;
      // Whole words of the name, so that a press by voice finds them.
      const text = party === 1
        ? say("place-one", { number: String(first.number) })
        : say("place-many", { from: String(first.number), to: String(last.number) });
      const place = button("", () => take(seats), "place");
      place.append(make("span", { "aria-hidden": "true" }, text));
      place.setAttribute("aria-label", name);
      place.setAttribute("aria-pressed", String(seats.every((seat) => isMine(seat.index))));
      place.dataset.grade = first.grade;
      return make("li", {}, place);
    });
    const head = make("h3", {}, say("row", { row: rowOf(line.name) }));
    const body = buttons.length > 0 ? make("ul", {}, ...buttons) : make("p", { class: "soft" }, say("none-in-row"));
    return make("section", { class: "places" }, head, body);
  });
  return make("div", { class: "rows" }, make("p", { class: "soft" }, say("list-hint", { count: party })), ...rows);
}
