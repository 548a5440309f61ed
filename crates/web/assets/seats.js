// @ts-check
// The page of seats: three layers over one state. Without it the page is the server's list, and works.
import { announce, anew, ask, clockEvery, clockText, say as sayOf, waitMs } from "./core.js";
import { follow, plan, read } from "./seats/calls.js";
import { Grid, make } from "./seats/grid.js";
import { blockName, full, several, short, takenSentence } from "./seats/names.js";
import { Overview, towards } from "./seats/overview.js";
import { button, list, notice, showChoice, total } from "./seats/panel.js";
import { Hall, States, exchange, orphans } from "./seats/hall.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const page = main.dataset;
const schedule = page.schedule ?? "";
const most = Number(page.most);
/** @type {import("./seats/names.js").Say} */
const say = (id, values) => sayOf(`seats-js-${id}`, values);
const byId = (/** @type {string} */ id) => document.getElementById(id);
const place = /** @type {HTMLElement} */ (byId("notice"));

/** @type {Hall} */
let hall;
/** @type {States} */
let states;
/** Indices of chosen seats, and of those of the hold that is changed. @type {Set<number>} */
const choice = new Set();
/** @type {Set<number>} */
const own = new Set();
/** @type {Overview | null} */
let overview = null;
/** @type {Grid | null} */
let grid = null;
/** What is looked at. @type {{at: number | null, isList: boolean}} */
let view = { at: null, isList: false };
/** Parts of the section's view. @type {{box: HTMLElement, head: HTMLElement, look: HTMLElement, frame: HTMLElement, rows: HTMLElement, tools: HTMLElement, keys: HTMLElement, toggle: HTMLElement} | null} */
let section = null;
let isBusy = false;
/** What the choice's panel shows: it is made anew only when that changes, or a press would miss its button. */
let shown = "";
/** Failed starts. */
let tried = 0;

const isFree = (/** @type {number} */ index) => states.isFree(index) || own.has(index);
const seatsOf = (/** @type {number[]} */ indices) => indices.map((index) => hall.seat(index));
const chosen = () => seatsOf([...choice].sort((one, other) => one - other));
const party = () => Number(/** @type {HTMLInputElement | null} */ (document.querySelector("input[name=party]:checked"))?.value ?? 2);
const indicesOf = (/** @type {string | undefined} */ text) => (text ?? "").split(",").filter(Boolean).map(Number);

for (const hold of document.querySelectorAll(".hold")) count(/** @type {HTMLElement} */ (hold));
if (page.at !== undefined || byId("overview")) start();
// A page that the browser has kept knows nothing of a hold that was made since.
anew();

async function start() {
  try {
    performance.mark("seats-begin");
    const found = await plan(schedule);
    hall = new Hall(found);
    states = new States(hall.total);
    await read(schedule, states);
  } catch (/** @type {any} */ problem) {
    // The server's list works meanwhile.
    if (problem.status === 401) ended(problem.code);
    // No network, or no time: it may go better the next time.
    else if (!(problem.status < 429)) setTimeout(start, waitMs(tried++, problem.after));
    return;
  }
  for (const index of indicesOf(page.own)) own.add(index);
  // What was ticked in the server's list while this page tried to start is chosen, too.
  const ticked = [...document.querySelectorAll("#list :checked")].map((box) => /** @type {HTMLInputElement} */ (box).value);
  for (const index of indicesOf([page.chosen, ...ticked].join())) if (index < hall.total && isFree(index)) choice.add(index);
  const root = byId("overview");
  if (root) overview = new Overview({ hall, states, say, root });
  root?.addEventListener("click", follows);
  byId("best")?.addEventListener("submit", best);
  byId("best")?.addEventListener("change", () => view.isList && showList());
  byId("instead")?.remove();
  addEventListener("popstate", () => go(new URLSearchParams(location.search).get("section"), false));
  addEventListener("resize", () => overview?.draw());
  if (page.at !== undefined) show(Number(page.at), false);
  else overview?.draw();
  refresh();
  follow(schedule, states, { changed, trouble, ended });
  main.dataset.ready = "1";
  performance.mark("seats-shown");
}

/** A link to a section shows it here. @param {Event} event */
function follows(event) {
  const link = event.target instanceof Element ? event.target.closest("a[href^='?section=']") : null;
  const press = /** @type {MouseEvent} */ (event);
  if (!link || press.ctrlKey || press.metaKey || press.shiftKey) return;
  event.preventDefault();
  go(new URLSearchParams(link.getAttribute("href")?.slice(1)).get("section"), true);
}

/** @param {string | null} at @param {boolean} isNew */
function go(at, isNew) {
  if (at === null || !hall.blocks[Number(at)]) return up(isNew);
  show(Number(at), isNew);
  grid?.focus();
}

/** The address that this view comes back to: the choice is in it. @param {boolean} isNew */
function remember(isNew) {
  history[isNew ? "pushState" : "replaceState"](null, "", address(view.at));
}

/** Shows a section. @param {number} at @param {boolean} isNew */
function show(at, isNew) {
  const parts = section ?? build();
  const block = hall.blocks[at];
  view = { at, isList: view.isList };
  main.dataset.state = "section";
  const root = byId("overview");
  if (root) root.hidden = true;
  const best = byId("best");
  if (best) byId("side")?.prepend(best);
  byId("list")?.remove();
  parts.box.hidden = false;
  if (!grid) grid = new Grid({ hall, say, frame: parts.frame, state: (index) => states.of(index), mark, pick, look, beyond, go: keyed, tell: announce });
  grid.show(at);
  parts.head.textContent = blockName(say, block);
  announce(say("in", { section: blockName(say, block), count: states.left(block) }));
  if (view.isList) showList();
  remember(isNew);
}

/** Back to the whole hall. @param {boolean} isNew */
function up(isNew) {
  const root = byId("overview");
  const last = view.at;
  if (!root) return void location.assign(address());
  root.hidden = false;
  const best = byId("best");
  // The quick way stands before the hall, and beside a section.
  if (best) byId("board")?.before(best);
  if (section) section.box.hidden = true;
  view = { at: null, isList: false };
  main.dataset.state = "overview";
  remember(isNew);
  overview?.count();
  overview?.draw();
  /** @type {HTMLElement | null} */ (root.querySelector(`a[data-block="${last}"]`))?.focus();
}

/** The address of a section, or of the whole hall. @param {number | null} at */
function address(at = null) {
  const query = [at !== null && `section=${at}`, page.reservation && "change=1", choice.size > 0 && `seats=${[...choice].join()}`].filter(Boolean).join("&");
  return `/seats/${schedule}${query && `?${query}`}`;
}

/** Makes the parts of a section's view, once. */
function build() {
  const head = make("h2", {});
  const look = make("p", { class: "look", "aria-hidden": "true" });
  const frame = make("div", { class: "frame" });
  const rows = make("div", {});
  const toggle = button(say("list"), () => keyed("list"), "is-quiet");
  const back = make("a", { href: address() }, say("overview"));
  back.addEventListener("click", (event) => {
    event.preventDefault();
    up(true);
  });
  const closer = button("+", () => grid?.closer(), "is-quiet");
  const farther = button("−", () => grid?.farther(), "is-quiet");
  closer.setAttribute("aria-label", say("closer"));
  farther.setAttribute("aria-label", say("farther"));
  const tools = make("span", { class: "tools" }, farther, closer);
  const keys = make("p", { class: "keys soft" }, say("keys"));
  const bar = make("div", { class: "path" }, back, tools, toggle);
  const box = make("div", { id: "section" }, bar, head, frame, look, keys, rows);
  byId("board")?.append(box);
  section = { box, head, look, frame, rows, tools, keys, toggle };
  return section;
}

/** @param {"overview" | "list"} to */
function keyed(to) {
  if (to === "overview") return up(true);
  view.isList = !view.isList;
  if (view.isList) showList();
  else hideList();
  announce(view.isList ? say("list-hint", { count: party() }) : say("map"));
}

function showList() {
  if (!section || view.at === null) return;
  const of = { hall, say, block: hall.blocks[view.at], party: party(), isFree, isMine: (/** @type {number} */ index) => choice.has(index), take };
  section.rows.replaceChildren(list(of));
  for (const part of [section.frame, section.look, section.tools, section.keys]) part.hidden = true;
  section.rows.hidden = false;
  section.toggle.textContent = say("map");
}

function hideList() {
  if (!section) return;
  section.rows.hidden = true;
  for (const part of [section.frame, section.look, section.tools, section.keys]) part.hidden = false;
  section.toggle.textContent = say("list");
  grid?.fit();
  grid?.focus();
}

/** @param {number} index @returns {"" | "mine" | "own"} */
const mark = (index) => (choice.has(index) ? "mine" : own.has(index) ? "own" : "");

/** @param {import("./seats/hall.js").Seat} seat */
function look(seat) {
  if (section) section.look.textContent = full(say, seat, states.of(seat.index), mark(seat.index));
}

/** Takes a seat into the choice, or out of it. @param {number} index */
function pick(index) {
  const seat = hall.seat(index);
  if (choice.has(index)) choice.delete(index);
  else if (!isFree(index)) return announce(say("not-free", { seat: short(say, seat), state: say(["state-free", "state-held", "state-sold", "state-closed"][states.of(index)]) }));
  else if (choice.size >= most) return announce((/** @type {NonNullable<typeof section>} */ (section).look.textContent = say("too-many", { most })));
  else choice.add(index);
  place.replaceChildren();
  changedChoice([index]);
  look(seat);
  announce(say(choice.has(index) ? "added" : "removed", { seat: short(say, seat), count: choice.size, price: total(chosen()) }));
}

/** Chooses a party's place, and nothing else. @param {import("./seats/hall.js").Seat[]} seats */
function take(seats) {
  const before = [...choice];
  choice.clear();
  for (const seat of seats) choice.add(seat.index);
  changedChoice([...before, ...choice]);
  announce(say("chosen", { count: choice.size, price: total(chosen()) }));
}

/** @param {number[]} indices */
function changedChoice(indices) {
  for (const index of indices) grid?.paint(index);
  if (view.isList) {
    const label = document.activeElement?.getAttribute("aria-label");
    showList();
    /** @type {HTMLElement | undefined} */ ([...(section?.rows.querySelectorAll("button") ?? [])].find((one) => one.getAttribute("aria-label") === label))?.focus();
  }
  refreshChoice();
  remember(false);
}

function refreshChoice() {
  const isSame = own.size > 0 && own.size === choice.size && [...choice].every((index) => own.has(index));
  const alone = orphans(hall, isFree, choice);
  const next = [...choice, "", ...alone.map((seat) => seat.index)].join();
  if (next === shown) return;
  shown = next;
  showChoice(/** @type {HTMLElement} */ (byId("panel")), {
    say, chosen: chosen(), orphans: alone, isChange: own.size > 0, isSame, hold: () => hold([...choice]),
    remove: (index) => {
      pick(index);
      /** @type {HTMLElement | null} */ (document.querySelector("#panel button"))?.focus();
    },
  });
}

/** Writes all numbers anew. */
function refresh() {
  overview?.count();
  const free = byId("free");
  const count = states.counts(hall.blocks).free;
  if (free && count > 0) free.textContent = say("free-now", { count });
  refreshChoice();
}

/** At an edge of the section: the neighbour that lies there. @param {number} dx @param {number} dy */
function beyond(dx, dy) {
  const from = view.at ?? 0;
  const to = overview ? towards(overview.middles(), from, dx, dy) : from + dx + dy;
  if (!hall.blocks[to]) return announce(say("edge"));
  show(to, true);
  grid?.enter(dx, dy);
}

/** @param {number[] | null} indices */
function changed(indices) {
  // While a hold is asked for, the seats that go are most likely going to this person: the answer says which do not.
  const lost = isBusy ? [] : [...choice].filter((index) => !isFree(index));
  for (const index of lost) choice.delete(index);
  for (const index of indices ?? grid?.buttons.keys() ?? []) grid?.paint(index);
  if (view.at === null) overview?.draw();
  else if (view.isList && !section?.rows.contains(document.activeElement)) showList();
  refresh();
  if (lost.length === 0) return;
  remember(false);
  const asked = [...lost, ...choice];
  const kept = chosen();
  notice(place, takenSentence(say, seatsOf(lost), kept, [], false), { text: say("look"), press: () => hold(asked) });
}

/** @param {boolean} is */
function trouble(is) {
  const box = /** @type {HTMLElement} */ (byId("trouble"));
  if (box.hidden !== is) return;
  box.hidden = !is;
  announce(is ? box.innerText : say("back"));
}

/** @param {string} code */
function ended(code) {
  main.dataset.state = "lapsed";
  if (code === "EVENT_CANCELLED") return notice(place, say("cancelled"));
  if (code === "UNAUTHORIZED") return void location.reload();
  notice(place, say("lapsed"), { text: say("line"), press: () => location.assign(`/wait/${schedule}`) });
}

/** Holds seats, or gives the hold these. @param {number[]} indices */
function hold(indices) {
  const ids = indices.map((index) => hall.id(index));
  return page.reservation
    ? send("PUT", `/reservations/hold/${page.reservation}`, { newSeatIds: ids }, indices)
    : send("POST", "/reservations/hold", { scheduleId: schedule, seatIds: ids }, indices);
}

/** @param {Event} event */
function best(event) {
  const form = new FormData(/** @type {HTMLFormElement} */ (byId("best")));
  event.preventDefault();
  const body = { scheduleId: schedule, count: party(), grade: form.get("grade") || undefined, flags: form.has("wheelchair") ? ["wheelchair"] : undefined };
  void send("POST", "/reservations/hold", body, []);
}

/** One call under one key: pressed twice, it happens once. @param {string} method @param {string} path @param {object} body @param {number[]} asked */
async function send(method, path, body, asked) {
  if (isBusy) return;
  isBusy = true;
  main.ariaBusy = "true";
  // The button; some browsers give a pressed one no focus.
  const press = /** @type {any} */ (window.event);
  const pressed = press.submitter ?? press.target;
  const words = pressed.textContent;
  announce((pressed.textContent = say("holding")));
  const answer = await ask(method, path, { body, tries: 3 });
  // Until the next page is there this one stays busy: its seats are held, by this person.
  if (answer.ok) return void location.assign(`/pay/${answer.data.reservationId}`);
  isBusy = false;
  main.ariaBusy = null;
  pressed.textContent = words;
  refused(answer.status, answer.data ?? {}, asked);
}

/** @param {number} status @param {any} body @param {number[]} asked */
function refused(status, body, asked) {
  const of = (/** @type {string[] | undefined} */ ids) => (ids ?? []).map((id) => hall.index(id)).filter((index) => index >= 0);
  const instead = of(body.instead);
  const offer = instead.length > 0
    ? { text: say("instead", { seats: several(say, seatsOf(instead)) }), press: () => hold(instead) }
    : undefined;
  const form = /** @type {HTMLSelectElement | null} */ (byId("grade"));
  switch (body.code) {
    case "SEAT_ALREADY_HELD": case "SEAT_ALREADY_SOLD": {
      const taken = of(body.taken);
      for (const index of taken) choice.delete(index);
      refreshChoice();
      remember(false);
      const { kept, added, isTogether } = exchange(hall, asked, taken, instead);
      return notice(place, takenSentence(say, seatsOf(taken), seatsOf(kept), seatsOf(added), isTogether), offer);
    }
    case "SEAT_NOT_AVAILABLE":
      if (!offer || !form?.value) return notice(place, say("best-none", { count: party() }));
      return notice(place, say("best-grade", { count: party(), grade: form.value, seats: several(say, seatsOf(instead)) }), offer);
    case "MAX_SEATS_EXCEEDED":
      return notice(place, body.held === undefined ? say("too-many", { most }) : say("held", { held: body.held, most }));
    case "EVENT_CANCELLED": return ended(body.code);
    default:
      if (status === 401) return ended(body.code);
      return notice(place, body.message && status < 500 ? body.message : say("again"));
  }
}

/** Counts the time of a hold, by the server's clock. @param {HTMLElement} stub */
function count(stub) {
  const left = Number(stub.dataset.leftMs);
  if (!(left > 0)) return;
  const [shown, clock] = [stub.querySelector(".left"), stub.querySelector(".clock")];
  stub.dataset.until = String(Number(document.documentElement.dataset.now) + left);
  if (shown instanceof HTMLElement) shown.hidden = false;
  let told = Infinity;
  stub.addEventListener("due", () => {
    announce(say("time-over"));
    setTimeout(() => location.reload(), 1500);
  });
  clockEvery(stub, (rest) => {
    if (clock) clock.textContent = clockText(rest);
    // Each minute, and in the last one each quarter of it.
    const step = rest > 60000 ? Math.ceil(rest / 60000) * 60000 : Math.ceil(rest / 15000) * 15000;
    if (step < told && told !== Infinity && step > 0) {
      announce(step >= 60000 ? say("time", { minutes: step / 60000 }) : say("time-seconds", { seconds: step / 1000 }));
    }
    told = step;
  });
}
