// Scripts of pages on a stand-in of a browser, by Node: what sleep, a lost network, a busy server and the back button do.
// Run by `scripts.rs`, or by hand: `node scripts.mjs`.
import assert from "node:assert/strict";
import { test } from "node:test";

let number = 0;
/** Runs a page's script anew. */
const run = (name) => import(`../../assets/${name}?${(number += 1)}`);
/** Lets all promises go on that can. */
const settle = () => new Promise((done) => setImmediate(done));

/** Something that takes whatever a page's script does to an element. */
const element = (more = {}) =>
  Object.assign(new EventTarget(), {
    dataset: {}, attributes: new Map(), textContent: "", hidden: false, className: "", parentElement: {},
    setAttribute(name, value) { this.attributes.set(name, value); },
    getAttribute(name) { return this.attributes.get(name) ?? null; },
    removeAttribute(name) { this.attributes.delete(name); },
    append() {}, animate() {}, ...more,
  });

/** The stand-in: a clock that the test moves, timers that it runs, and what the page has done. */
function browser({ ids = {}, all = {}, fetch = () => new Promise(() => {}), more = {} }) {
  const [document, window] = [new EventTarget(), new EventTarget()];
  const it = { now: 0, timers: [], went: [], asked: [], document, window, ids };
  const first = (what) => all[what]?.[0] ?? null;
  Object.assign(document, {
    hidden: false, cookie: "", readyState: "loading", documentElement: { lang: "en", dataset: {} }, head: element(),
    getElementById: (id) => it.ids[id] ?? null, querySelector: first, querySelectorAll: (what) => all[what] ?? [],
    createElement: () => element(),
  });
  const location = {
    href: "https://x/here", origin: "https://x", pathname: "/here", search: "", hash: "",
    reload: () => it.went.push("reload"), replace: (to) => it.went.push(to), assign: (to) => it.went.push(to),
  };
  const globals = {
    document, window, location, navigator: { onLine: true }, addEventListener: window.addEventListener.bind(window),
    matchMedia: () => ({ matches: true }), history: { replaceState() {} },
    setTimeout: (call, ms, ...given) => it.timers.push({ call: () => call(...given), ms }), clearTimeout() {},
    fetch: (...what) => (it.asked.push(String(what[0])), Promise.resolve(fetch(...what))), ...more,
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    if (name in more || name === "setTimeout") window[name] = value;
  }
  Object.defineProperty(performance, "now", { value: () => it.now, configurable: true });
  it.event = (target, name, more = {}) => target.dispatchEvent(Object.assign(new Event(name), more));
  it.comes = () => it.event(document, "visibilitychange");
  it.back = () => it.event(window, "pageshow", { persisted: true });
  return it;
}

const answer = (status, body = {}, headers = {}) =>
  new Response(status === 304 ? null : JSON.stringify(body), { status, headers });

/** The seats' stream on this stand-in; it is refused until a test says otherwise. */
class Stream extends EventTarget {
  static all = [];
  readyState = 2;
  constructor() { super(); Stream.all.push(this); }
  close() {}
}
Object.assign(Stream, { CLOSED: 2 });

async function seats(fetch) {
  Stream.all = [];
  const it = browser({ fetch, more: { EventSource: Stream } });
  const calls = await run("seats/calls.js");
  it.told = { trouble: [], ended: [] };
  const states = { sequence: 1, follow: () => null, reopen: () => [], read() {} };
  calls.follow("s", states, {
    changed() {}, trouble: (is) => it.told.trouble.push(is), ended: (code) => it.told.ended.push(code),
  });
  it.pass = async (ms) => {
    it.now += ms;
    it.timers.splice(0).forEach((timer) => timer.call());
    await settle();
  };
  return it;
}

test("seats are asked for at the earliest when the server has said, whoever wants to ask", async (t) => {
  t.mock.method(Math, "random", () => 0.5);
  let status = 429;
  const it = await seats(() => answer(status, {}, { "Retry-After": "10" }));
  Stream.all[0].onerror();
  assert.deepEqual(it.timers.map((timer) => timer.ms), [2000]);
  await it.pass(2000);
  assert.equal(it.asked.length, 1);
  // 10 s and half as much again: neither the timer, nor a gap in the stream, nor somebody who looks asks before.
  for (let passed = 0; passed < 14_000; passed += 2000) await it.pass(2000);
  Stream.all[0].onmessage({ data: "{}" });
  await settle();
  assert.equal(it.asked.length, 1);
  status = 304;
  await it.pass(2000);
  assert.equal(it.asked.length, 2);
  assert.equal(it.told.trouble.at(-1), false);
  await it.pass(2000);
  assert.equal(it.asked.length, 3, "and then every two seconds again");
});

test("without a word from the server failed questions for seats come ever more rarely", async (t) => {
  t.mock.method(Math, "random", () => 0.999);
  const it = await seats(() => answer(503));
  Stream.all[0].onerror();
  const at = [];
  for (let passed = 0; passed < 100_000; passed += 2000) {
    const before = it.asked.length;
    await it.pass(2000);
    if (it.asked.length > before) at.push(it.now);
    // The stream is tried again in between, and refused.
    if (it.timers.length === 0) Stream.all.at(-1).onerror();
  }
  const gaps = at.slice(1).map((ms, index) => ms - at[index]);
  assert.ok(gaps.length < 8 && gaps.every((gap, index) => gap >= (gaps[index - 1] ?? 0)) && gaps.at(-1) >= 16_000, `${gaps}`);
});

test("a pass that has ended ends the questions for seats", async () => {
  const it = await seats(() => answer(401, { code: "QUEUE_TOKEN_EXPIRED" }));
  Stream.all[0].onerror();
  await it.pass(2500);
  assert.deepEqual(it.told.ended, ["QUEUE_TOKEN_EXPIRED"]);
  assert.equal(it.timers.length, 0);
});

test("a page that nobody sees opens no stream when the network is back", async () => {
  const it = await seats(() => answer(304));
  const before = Stream.all.length;
  it.document.hidden = true;
  it.event(it.window, "online");
  assert.equal(Stream.all.length, before);
  it.document.hidden = false;
  it.event(it.window, "online");
  assert.equal(Stream.all.length, before + 1);
});

/** The page of seats as far as its first question. */
async function starts(fetch) {
  const main = element({ dataset: { schedule: "s", most: "4", at: "0" } });
  const it = browser({ fetch, ids: { main, notice: element() } });
  await run("seats.js");
  await settle();
  return it;
}

test("a seat map that cannot be had is tried again, as the server says", async () => {
  const it = await starts(() => answer(503, {}, { "Retry-After": "3" }));
  assert.equal(it.timers.length, 1);
  assert.ok(it.timers[0].ms >= 3000 && it.timers[0].ms <= 6000, `${it.timers[0].ms}`);
  it.timers.splice(0)[0].call();
  await settle();
  assert.equal(it.asked.length, 2);
  const away = await starts(() => Promise.reject(new TypeError("no network")));
  assert.equal(away.timers.length, 1);
  const never = await starts(() => answer(404));
  assert.equal(never.timers.length, 0, "there is none");
});

/** An element whose parts can be looked at, and whose events are told by `on`. */
class Part {
  constructor(tag) { Object.assign(this, { tag, children: [], on: {}, dataset: {}, style: {}, attributes: {}, text: "" }); }
  get textContent() { return this.text + this.children.map((child) => child.textContent ?? child).join(""); }
  set textContent(text) { [this.text, this.children] = [text, []]; }
  get innerText() { return this.textContent; }
  setAttribute(name, value) {
    this.attributes[name] = value;
    if (name.startsWith("data-")) this.dataset[name.slice(5)] = value;
  }
  addEventListener(name, call) { this.on[name] = call; }
  append(...parts) { this.children.push(...parts); }
  replaceChildren(...parts) { [this.text, this.children] = ["", parts]; }
  all(is) { return this.children.flatMap((child) => (child instanceof Part ? [...(is(child) ? [child] : []), ...child.all(is)] : [])); }
  closest() { return this; }
  querySelector(tag) { return this.all((part) => part.tag === tag)[0] ?? null; }
  focus() {}
  scrollIntoView() {}
}

/** The page of seats at a section of five seats, A-1 chosen. `held`: what the server says to a hold. */
async function section(held) {
  Stream.all = [];
  const ids = Object.fromEntries(["main", "notice", "board", "panel", "trouble"].map((id) => [id, new Part("div")]));
  ids.main.dataset = { schedule: "s", most: "2", at: "0" };
  ids.trouble.textContent = "unsteady";
  ids.trouble.hidden = true;
  const plan = { idPrefix: "0190a1b2c3d48000aabbccdd", grades: [{ grade: "S", price: 1 }], sections: [{ name: "1", rows: [{ name: "A", first: 0, count: 5, grade: "S" }] }] };
  const state = () => new Response(new Uint8Array(2), { headers: { "X-Sequence": "1" } });
  const fetch = (path) => (path.endsWith("/plan") ? answer(200, plan) : path.endsWith("/state") ? state() : held());
  const it = browser({ ids, fetch, more: { EventSource: Stream, Element: Part, HTMLElement: Part } });
  document.createElement = (tag) => new Part(tag);
  document.querySelectorAll = () => [];
  await run("seats.js");
  for (let turn = 0; turn < 9; turn += 1) await settle();
  const grid = ids.board.all((part) => part.attributes.role === "grid")[0];
  const [look] = ids.board.all((part) => part.attributes.class === "look");
  const seats = grid.all((part) => part.attributes.class === "seat");
  let sequence = 1;
  it.seat = (index) => grid.on.click({ target: seats[index] });
  it.goes = (index) => Stream.all[0].onmessage({ data: JSON.stringify({ from: sequence, to: (sequence += 1), changes: [[index, 1]] }) });
  it.main = () => ids.panel.all((part) => part.attributes.class === "is-main")[0];
  it.press = () => {
    const button = it.main();
    window.event = { target: button };
    button.on.click();
  };
  it.look = look;
  it.seat(0);
  return it;
}

test("while a hold is asked for, and until its page is there, no seat is called taken", async () => {
  const it = await section(() => answer(201, { reservationId: "r" }));
  it.press();
  assert.equal(it.main().textContent, "seats-js-holding", "the pressed button says so");
  it.goes(0);
  await settle();
  await settle();
  assert.deepEqual(it.went, ["/pay/r"]);
  it.goes(1);
  assert.deepEqual([it.ids.notice.children, it.main().textContent], [[], "seats-js-holding"]);
});

test("a refused hold gives the button back, and then a chosen seat that goes is called taken", async () => {
  const it = await section(() => answer(400, { code: "INVALID_INPUT", message: "no" }));
  it.press();
  for (let turn = 0; turn < 9; turn += 1) await settle();
  assert.deepEqual([it.ids.notice.textContent, it.main().textContent], ["no", "seats-js-hold"]);
  it.goes(0);
  assert.match(it.ids.notice.textContent, /taken/);
});

test("more seats than one may have, and a lost connection, are shown and not only said", async () => {
  const it = await section(() => answer(201));
  it.seat(1);
  it.seat(2);
  assert.equal(it.look.textContent, "seats-js-too-many");
  Stream.all[0].onerror();
  assert.equal(it.ids.trouble.hidden, false);
  it.goes(4);
  assert.equal(it.ids.trouble.hidden, true);
});

test("a seat of others that goes leaves the button in its place, or a press would miss it", async () => {
  const it = await section(() => answer(201));
  const before = it.main();
  it.goes(4);
  assert.equal(it.main(), before);
  it.seat(1);
  assert.notEqual(it.main(), before);
});

test("a page of seats that the browser has kept is asked for anew", async () => {
  const it = await starts(() => answer(404));
  it.event(it.window, "pageshow", { persisted: false });
  assert.deepEqual(it.went, []);
  it.back();
  assert.deepEqual(it.went, ["/here"]);
});

test("a sale's button opens by the server's clock also after the device has slept", async () => {
  const words = element();
  const button = element({ dataset: { opens: "3600000", href: "/wait/1" }, firstElementChild: words, closest: () => element() });
  const open = [button];
  button.removeAttribute = (name) => name === "data-opens" && open.splice(0);
  let server = 0;
  const it = browser({ all: { "a[data-opens]": open }, fetch: () => answer(200, { now: server }) });
  await run("shop.js");
  const heard = async () => { for (let turn = 0; turn < 9; turn += 1) await settle(); };
  await heard();
  assert.ok(open.length === 1 && it.timers.length > 0, "it counts");
  // An hour of sleep: here everything stood still.
  server = 3_600_000;
  it.comes();
  await heard();
  assert.equal(button.href, "/wait/1");
});

test("tickets are forgotten where somebody has left, and nowhere else", async () => {
  for (const [all, expected] of [[{ "main[data-forget]": [element()] }, ["tickets"]], [{}, []]]) {
    const forgotten = [];
    browser({ all, more: { caches: { delete: async (name) => forgotten.push(name) } } });
    document.querySelectorAll = () => [];
    await run("people.js");
    assert.deepEqual(forgotten, expected);
  }
});

test("my pages and a ticket that the browser has kept are asked for anew", async (t) => {
  const navigation = { type: "navigate" };
  t.mock.method(performance, "getEntriesByType", () => [navigation]);
  for (const [name, shown] of [["me.js", "/here"], ["ticket.js", "reload"]]) {
    const it = browser({});
    await run(name);
    it.event(it.window, "pageshow", { persisted: false });
    assert.deepEqual(it.went, [], name);
    it.back();
    assert.deepEqual(it.went, [shown], name);
    // My bookings may also come out of the browser's cache.
    navigation.type = "back_forward";
    it.event(it.window, "pageshow", { persisted: false });
    if (name === "me.js") assert.deepEqual(it.went, [shown, shown]);
  }
  const it = browser({});
  await run("ticket.js");
  navigator.onLine = false;
  it.back();
  assert.deepEqual(it.went, [], "at the door without a network the ticket stays where it is");
});

/** The page of a payment whose window opens at once. */
async function pays({ hasScript, window: request, fetch = () => answer(200, {}) }) {
  const [main, said] = [element({ dataset: { sdk: "/sdk.js", open: "1", state: "window", reservation: "r" } }), element({ hidden: true })];
  const it = browser({ ids: { main, said }, fetch, more: request ? { PortOne: { requestPayment: request } } : {} });
  document.head.append = (script) => (hasScript ? script.onload() : script.onerror(new Event("error")));
  await run("pay.js");
  await settle();
  return { ...it, main, said };
}

test("a card page that could not be loaded was not closed, and can be opened again", async () => {
  const { main, said, asked } = await pays({ hasScript: false });
  assert.equal(said.textContent, "pay-js-unloaded");
  assert.deepEqual([main.getAttribute("aria-busy"), main.dataset.state, asked], [null, "window", []]);
});

test("of a card page that broke nobody says that nothing was charged: the server is asked", async () => {
  const broken = () => Promise.reject(new Error("broken"));
  const { main, said, asked } = await pays({ hasScript: true, window: broken });
  assert.deepEqual([said.textContent, main.dataset.state, asked], ["pay-js-unknown", "unknown", ["/reservations/r"]]);
  const closed = await pays({ hasScript: true, window: async () => ({ code: "CLOSED" }) });
  assert.equal(closed.said.textContent, "pay-js-closed");
});

test("the opening of a coupon counts down for its last two days alone", async () => {
  const hour = 3_600_000;
  for (const [left, shown] of [[72 * hour, "–"], [48 * hour, "48:00:00"], [1_000, "0:01"]]) {
    const [count, act] = [element({ dataset: { until: String(left + 1) } }), element({ querySelector: () => null })];
    browser({ ids: { main: element(), count, act }, fetch: () => answer(200, { now: 1 }) });
    await run("coupon.js");
    for (let turn = 0; turn < 9; turn += 1) await settle();
    assert.equal(count.textContent, shown);
  }
});

test("a lost connection is said aloud once, as the waiting page shows it", async () => {
  const data = { kind: "schedule", line: "l", state: "waiting", ticket: "9", rank: "5", from: "5", now: "1000", here: "/wait/l" };
  const texts = { textContent: JSON.stringify({ "wait-js-offline": "Away since {time}." }) };
  const [main, announcement] = [element({ dataset: data, className: "" }), element()];
  const said = [];
  Object.defineProperty(announcement, "textContent", { get: () => said.at(-1) ?? "", set: (text) => said.push(text) });
  const known = { wait: main, texts, announcement };
  const ids = new Proxy(known, { get: (has, id) => (has[id] ??= element()) });
  const it = browser({ ids, fetch: () => answer(503) });
  await run("wait.js");
  for (let turn = 0; turn < 3; turn += 1) {
    it.timers.splice(0).forEach((timer) => timer.ms < 60_000 && timer.call());
    await settle();
  }
  assert.equal(main.className, "is-offline");
  assert.ok(said.length === 1 && said[0].startsWith("Away since "), `${said}`);
});
