// The reckoning of the waiting page, by Node: `node script_tests.mjs`. Run by `tests.rs`.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as model from "../../assets/wait/model.js";
import { countDown, leftText, tryAgain } from "../../assets/wait/again.js";

const doc = (more = {}) => ({
  line: "queue:x", state: "OPEN", serving: 100, last: 900, waiting: 700, ratePerSecond: 10, ticketsPerSecond: 12,
  left: [], notice: null, opensAt: null, now: 1_000, ...more,
});

test("tickets that were given up ahead do not count", () => {
  const gaps = doc({ serving: 10, left: [[12, 13], [19, 25], [30, 30]] });
  assert.deepEqual([11, 12, 14, 19, 20, 26, 31].map((ticket) => Math.max(1, model.rankOf(gaps, ticket))), [1, 2, 2, 7, 7, 7, 11]);
});

test("a rank that grows is refused, whatever is heard", () => {
  let shown = 500;
  // Served, a stale document of another cache, a gap that is told late, an operator's reset, nonsense.
  for (const heard of [480, 495, 470, 9_999, 470.5, 460, Infinity]) {
    const next = model.better(shown, heard);
    assert.ok(next <= shown, `${heard} made ${shown} grow to ${next}`);
    shown = next;
  }
  assert.equal(shown, 460);
  assert.equal(model.better(3, -20), 1, "nobody stands before the first");
});

test("a line that tells ranks alone: the ticket follows, with gaps, and never too good", () => {
  for (const left of [[], [[101, 150]], [[103, 104], [110, 119], [400, 420]]]) {
    const here = doc({ left });
    for (const rank of [1, 2, 3, 9, 200]) {
      assert.equal(model.rankOf(here, model.ticketOf(here, rank)), rank, `${rank} ${JSON.stringify(left)}`);
    }
  }
  const late = model.ticketOf(doc(), 50, 1.5);
  assert.ok(late >= 150 + 1.5 * 12, "what was served since the document is added");
});

test("the interval is a twentieth of the wait, from 2 to 30 seconds, a quarter more or less", () => {
  for (const [wait, seconds] of [[0, 2], [30, 2], [60, 3], [200, 10], [600, 30], [86_400, 30], [null, 30]]) {
    assert.equal(model.hearMs(wait, 0.5), seconds * 1000);
    assert.equal(model.hearMs(wait, 0), seconds * 750);
    assert.equal(model.hearMs(wait, 1), seconds * 1250);
  }
  const drawn = Array.from({ length: 1_000 }, () => model.hearMs(600));
  assert.ok(Math.max(...drawn) - Math.min(...drawn) > 10_000, "a crowd is spread");
});

test("failures wait longer and longer, at random, and at least as long as the server says", () => {
  for (let failures = 1; failures < 12; failures += 1) {
    const most = Math.min(2 ** (failures - 1), 30) * 1000 + 250;
    assert.equal(model.backoffMs(failures, 0, 1), most);
    assert.ok(model.backoffMs(failures, 0, 0) >= 250);
    assert.equal(model.backoffMs(failures, 5, 0), 5_000);
    assert.equal(model.backoffMs(failures, 5, 1), 10_000);
  }
});

test("the wait is the smaller of both, and none while nobody goes in", () => {
  assert.equal(model.waitOf(doc(), 60, 180), 6);
  assert.equal(model.waitOf(doc({ ticketsPerSecond: 40 }), 60, 180), 2);
  assert.equal(model.waitOf(doc(), 60, 90), 6, "passed over: the ticket says nothing");
  assert.equal(model.waitOf(doc({ ratePerSecond: 0, ticketsPerSecond: 0 }), 60, 180), null);
});

test("each state has its cause", () => {
  const state = (state, ticket = 200) => model.stateOf(doc({ state }), ticket);
  assert.deepEqual(["OPEN", "FULL", "PAUSED", "SCHEDULED", "SOLD_OUT", "ENDED"].map((word) => state(word)),
    ["waiting", "waiting", "paused", "scheduled", "soldout", "over"]);
  assert.equal(state("OPEN", 100), "passed");
  assert.equal(state("DRAWING", 0), "drawing");
});

test("a stream is opened for the last minute alone, or in front of a line that stands", () => {
  assert.deepEqual([model.wantsStream(61, 5), model.wantsStream(60, 5_000), model.wantsStream(null, 100), model.wantsStream(null, 101)],
    [false, true, true, false]);
  assert.ok(model.isNear(doc(), 1, 100) && model.isNear(doc(), 29, 400) && !model.isNear(doc(), 30, 400));
});

test("said aloud each 30 seconds at most, and at 1,000, 100, 10 and next", () => {
  assert.equal(model.isSaid(5_000, 4_999, 29_999), false);
  assert.equal(model.isSaid(5_000, 4_999, 30_000), true);
  assert.equal(model.isSaid(5_000, 5_000, 90_000), false, "nothing has changed");
  for (const mark of [1_000, 100, 10, 1]) {
    assert.equal(model.isSaid(mark + 1, mark, 0), true, `${mark}`);
    assert.equal(model.isSaid(mark, mark - 0.5, 0), false);
  }
  assert.equal(model.isSaid(1_500, 900, 0), true, "a leap over it counts");
});

test("a countdown shows what is left and ends after its moment", async (t) => {
  assert.deepEqual([3_723_000, 59_001, 1, 0, -5].map(leftText), ["1:02:03", "0:01:00", "0:00:01", "0:00:00", "0:00:00"]);
  const shown = [];
  const end = performance.now() + 900;
  await new Promise((over) => countDown(() => end - performance.now(), (left) => shown.push(left), over));
  assert.deepEqual([shown[0], shown.at(-1)], ["0:00:01", "0:00:00"]);
});

test("a countdown follows a clock that is heard anew", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let [left, isOver] = [3_600_000, false];
  const shown = [];
  countDown(() => left, (time) => shown.push(time), () => (isOver = true));
  // The device has slept for the hour, in which its timers and `performance.now()` stood still.
  left = 0;
  t.mock.timers.tick(1_000);
  assert.deepEqual(shown, ["1:00:00", "0:00:00"]);
  t.mock.timers.tick(1_000);
  assert.ok(isOver);
});

/** A page without a place, with its clock that may stand still. What it does is in `done`. */
function noPlace(t, data) {
  const done = [];
  const [document, window] = [Object.assign(new EventTarget(), { hidden: false }), new EventTarget()];
  const location = { href: "https://x/wait/1", hash: "", reload: () => done.push("reload"), replace: (to) => done.push(to) };
  Object.assign(document, { querySelector: () => null, getElementById: () => ({}) });
  const globals = { document, location, addEventListener: window.addEventListener.bind(window) };
  for (const [name, value] of Object.entries(globals)) Object.defineProperty(globalThis, name, { value, configurable: true });
  t.after(() => Object.keys(globals).forEach((name) => delete globalThis[name]));
  t.mock.timers.enable({ apis: ["setTimeout"] });
  tryAgain({ again: "/wait/1", ...data });
  return { done, document, window };
}

test("a page that waits for an opening is asked for anew by whoever comes back to it", (t) => {
  const { done, document, window } = noPlace(t, { opens: "7200000", now: "3600000", left: "{time}" });
  document.hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
  assert.deepEqual(done, []);
  document.hidden = false;
  document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(done, ["reload"]);
  window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  assert.deepEqual(done, ["reload", "reload"]);
});

test("a page tries again at the earliest when the server has said, and up to as long later", (t) => {
  for (const [random, seconds] of [[0, 30], [0.5, 45], [0.999, 60]]) {
    t.mock.method(Math, "random", () => random);
    const { done } = noPlace(t, { after: "30" });
    t.mock.timers.tick(seconds * 1000 - 100);
    assert.deepEqual(done, [], `${seconds}`);
    t.mock.timers.tick(100);
    assert.deepEqual(done, ["reload"], `${seconds}`);
    t.mock.timers.reset();
  }
});

test("a waiter costs at most 60 KB an hour and asks the origin at most twice a minute", async () => {
  const { gzipSync } = await import("node:zlib");
  const ranges = Array.from({ length: 32 }, (_, at) => [120_000 + at * 37, 120_000 + at * 37 + (at % 3)]);
  const serving = {
    line: "queue:3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11", state: "OPEN", opensAt: null, serving: 119_873, last: 199_211,
    waiting: 77_120, ratePerSecond: 20.133, ticketsPerSecond: 21.533, left: ranges, notice: null, at: "2026-11-21T20:03:11", now: 1_795_291_391_337,
  };
  const own = {
    status: "WAITING", scheduleId: "3f2a0b0e-6c3d-4a57-9e3f-6d1f0a4f6a11", rank: 61_234, estimatedWaitTime: 3_041, token: null,
    ticket: 190_211, behind: 15_886, outlook: "UNCERTAIN",
  };
  const servingBytes = gzipSync(JSON.stringify(serving)).length;
  const ownBytes = JSON.stringify(own).length;
  assert.ok(servingBytes <= 400, `the public document has ${servingBytes} bytes`);
  // An hour of waiting that is not the last one: the interval is at its greatest, and the document at its largest.
  const mean = (of) => Array.from({ length: 2_000 }, of).reduce((sum, ms) => sum + ms, 0) / 2_000;
  const hearings = 3_600_000 / mean(() => model.hearMs(7_200));
  const places = 3_600_000 / mean(() => model.jittered(model.PLACE_MS));
  const bytes = hearings * servingBytes + places * ownBytes;
  console.log(`# an hour: ${hearings.toFixed()} hearings of ${servingBytes} B, ${places.toFixed()} own places of ${ownBytes} B: ${bytes.toFixed()} B`);
  assert.ok(bytes <= 60 * 1024, `${bytes} bytes`);
  // A cache answers the hearings; the origin sees the own places.
  assert.ok(places / 60 <= 2, `${places / 60} origin requests a minute`);
  // The last ten minutes come ever faster, and stay within the same hour's budget for anybody who waits for an hour or more.
  let [end, last] = [600, 0];
  for (; !model.wantsStream(end, 1e6); end -= model.hearMs(end, 0.5) / 1000) last += servingBytes;
  last += end * (ownBytes + 8);
  console.log(`# the last ten minutes: ${last.toFixed()} B`);
  assert.ok(last <= 30 * 1024, `${last} bytes`);
});
