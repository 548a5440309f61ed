// @ts-check
// The whole hall: the server's picture with what is left in each section, and a dot for each seat behind it.
import { blockName } from "./names.js";
import { FREE, HELD, SOLD } from "./hall.js";

/**
 * @typedef {import("./hall.js").Hall} Hall
 * @typedef {import("./hall.js").States} States
 * @typedef {import("./names.js").Say} Say
 * @typedef {[number, number]} Corner
 */

/** The colours of grades in `base.css`. */
const TOKENS = { VIP: "--vip", S: "--act", A: "--a", B: "--warn" };

/** How full a section is, in steps that its fill shows. @param {number} left @param {number} seats */
export const step = (left, seats) => (left === 0 ? 0 : Math.max(1, Math.ceil((left / seats) * 4)));

/**
 * Where a level line enters and leaves an outline; null where it does not meet it.
 * @param {Corner[]} corners @param {number} y @returns {[number, number] | null}
 */
export function span(corners, y) {
  /** @type {number[]} */
  const met = [];
  corners.forEach(([x, top], at) => {
    const [other, bottom] = corners[(at + 1) % corners.length];
    if (top <= y !== bottom <= y) met.push(x + ((y - top) / (bottom - top)) * (other - x));
  });
  return met.length < 2 ? null : [Math.min(...met), Math.max(...met)];
}

/** The next shape in a direction: the nearest whose middle lies more that way than aside. @param {Corner[]} middles @param {number} from
 * @param {number} dx @param {number} dy @returns {number} -1 where there is none */
export function towards(middles, from, dx, dy) {
  let [best, least] = [-1, Infinity];
  middles.forEach(([x, y], at) => {
    const [along, aside] = [(x - middles[from][0]) * dx + (y - middles[from][1]) * dy,
      Math.abs((x - middles[from][0]) * dy) + Math.abs((y - middles[from][1]) * dx)];
    if (at !== from && along > 0 && aside <= along * 1.5 && along + aside < least) [best, least] = [at, along + aside];
  });
  return best;
}

/** The picture of the hall. */
export class Overview {
  /** @param {{hall: Hall, states: States, say: Say, root: HTMLElement}} of */
  constructor(of) {
    this.of = of;
    this.svg = /** @type {SVGSVGElement} */ (of.root.querySelector("svg"));
    this.canvas = /** @type {HTMLCanvasElement | null} */ (of.root.querySelector("canvas"));
    /** @type {Corner[][]} */
    this.shapes = [...this.svg.querySelectorAll("[data-block] polygon")].map((polygon) =>
      (polygon.getAttribute("points") ?? "").trim().split(/\s+/).map((pair) => /** @type {Corner} */ (pair.split(",").map(Number))));
  }

  /** The middles of the sections. @returns {Corner[]} */
  middles() {
    return this.shapes.map((corners) => {
      const sum = corners.reduce(([x, y], corner) => [x + corner[0], y + corner[1]], [0, 0]);
      return [sum[0] / corners.length, sum[1] / corners.length];
    });
  }

  /** Writes what is left, in the picture and in the list below it. */
  count() {
    const { hall, states, say } = this.of;
    for (const block of hall.blocks) {
      const { free, held } = states.counts([block]);
      const text = free > 0 ? say("left", { count: free }) : held > 0 ? say("paying", { count: held }) : say("none");
      for (const part of document.querySelectorAll(`[data-block="${block.at}"]`)) {
        part.setAttribute("data-step", String(step(free, block.seats)));
        const left = part.querySelector("[data-left]");
        if (left && left.textContent !== text) left.textContent = text;
        if (part.hasAttribute("aria-label")) part.setAttribute("aria-label", `${blockName(say, block)}, ${text}`);
      }
    }
  }

  /** Draws a dot for each seat. */
  draw() {
    const { canvas } = this;
    const context = canvas?.getContext("2d");
    if (!canvas || !context || canvas.clientWidth === 0) return;
    const box = this.svg.viewBox.baseVal;
    const scale = (canvas.clientWidth * devicePixelRatio) / box.width;
    canvas.width = Math.round(box.width * scale);
    canvas.height = Math.round(box.height * scale);
    context.setTransform(scale, 0, 0, scale, -box.x * scale, -box.y * scale);
    const style = getComputedStyle(canvas);
    const ink = (/** @type {string} */ name) => style.getPropertyValue(name).trim() || style.color;
    const colours = new Map(Object.entries(TOKENS).map(([grade, token]) => [grade, ink(token)]));
    const soft = ink("--soft");
    for (const block of this.of.hall.blocks) this.dots(context, block, colours, soft);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("./hall.js").Block} block @param {Map<string, string>} colours @param {string} soft */
  dots(context, block, colours, soft) {
    const { hall, states } = this.of;
    const corners = this.shapes[block.at] ?? [];
    const heights = corners.map((corner) => corner[1]);
    const [top, bottom] = [Math.min(...heights), Math.max(...heights)];
    const step = (bottom - top) / block.lines.length;
    block.lines.forEach((line, at) => {
      const y = top + step * (at + 0.5);
      const met = span(corners, y);
      if (!met) return;
      const wide = (met[1] - met[0]) * 0.96;
      const apart = wide / line.count;
      const size = Math.max(0.6, Math.min(apart, step) * 0.34);
      let row = hall.row(line.first);
      for (let place = 0; place < line.count; place += 1) {
        const index = line.first + place;
        if (row && index >= row.first + row.count) row = hall.row(index);
        const state = states.of(index);
        const x = met[0] + (met[1] - met[0]) * 0.02 + apart * (place + 0.5);
        context.fillStyle = context.strokeStyle = (state === FREE && row && colours.get(row.grade)) || soft;
        if (state === FREE) context.fillRect(x - size, y - size, size * 2, size * 2);
        else if (state === HELD) {
          context.lineWidth = size / 2;
          context.strokeRect(x - size * 0.75, y - size * 0.75, size * 1.5, size * 1.5);
        } else if (state === SOLD) context.fillRect(x - size / 3, y - size / 3, size / 1.5, size / 1.5);
      }
    });
  }
}
