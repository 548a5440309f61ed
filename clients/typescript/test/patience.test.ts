// How often, how late and under which key a call is sent, without a server.

import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Onsale, OnsaleError, PATIENCE, newKey, pauseMs, type Patience, type Settings } from "../src/index.js";

type Answer = number | null | Response;

/** A client of a server that gives these answers, one after another. A number is a status; null: no answer. */
function fake(answers: Answer[], patience: Partial<Patience> = {}, settings: Partial<Settings> = {}) {
  const [requests, pauses]: [Request[], number[]] = [[], []];
  const onsale = new Onsale({
    url: "http://test",
    fetch: async (input, init) => {
      requests.push(new Request(input, init));
      const answer = answers.shift();
      if (answer == null) throw new TypeError("fetch failed");
      return typeof answer === "number" ? Response.json({ code: "X" }, { status: answer }) : answer;
    },
    patience: { draw: () => 1, sleep: async (ms) => void pauses.push(ms), ...patience },
    ...settings,
  });
  return { onsale, requests, pauses };
}

const keysOf = (requests: Request[]) => requests.map((request) => request.headers.get("Idempotency-Key"));

test("a change is sent again under one key until the server has time", async () => {
  const { onsale, requests, pauses } = fake([503, null, 429, 502, 504, 200]);
  const reply = await onsale.ask("POST", "/x", { body: { a: "가" } });
  assert.deepEqual([reply.status, reply.data], [200, { code: "X" }]);
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000]);
  assert.equal(new Set(keysOf(requests)).size, 1);
  assert.ok(keysOf(requests)[0]);
  for (const request of requests) assert.equal(await request.text(), '{"a":"가"}');
});

test("two changes have two keys, and a given key is sent", async () => {
  const { onsale, requests } = fake([200, 200, 200]);
  await onsale.ask("POST", "/x");
  await onsale.ask("POST", "/x");
  await onsale.ask("POST", "/x", { key: "press-7" });
  const [first, second, third] = keysOf(requests);
  assert.notEqual(first, second);
  assert.equal(third, "press-7");
  assert.match(newKey(), /^[!-~]{1,255}$/);
});

test("a read has no key", async () => {
  const { onsale, requests } = fake([200]);
  await onsale.ask("GET", "/x");
  assert.deepEqual(keysOf(requests), [null]);
});

test("any other answer is the answer", async () => {
  for (const status of [400, 401, 403, 404, 409, 410, 422, 500]) {
    const { onsale, pauses } = fake([status]);
    assert.equal((await onsale.ask("POST", "/x")).status, status);
    assert.deepEqual(pauses, []);
  }
});

test("tries are bounded, and the last reply is given", async () => {
  const busy = fake(Array(6).fill(503));
  assert.equal((await busy.onsale.ask("GET", "/x")).status, 503);
  assert.equal(busy.pauses.length, 5);
  assert.equal((await fake([null, null], { tries: 2 }).onsale.ask("GET", "/x")).status, 0);
});

test("the server's word counts, and up to as much again", async () => {
  const busy = (seconds: string) => new Response("{}", { status: 429, headers: { "Retry-After": seconds } });
  for (const [drawn, pause] of [[0, 3_000], [0.5, 4_500], [1, 6_000]] as const) {
    const { onsale, pauses } = fake([busy("3"), 200], { draw: () => drawn });
    await onsale.ask("GET", "/x");
    assert.deepEqual(pauses, [pause]);
  }
  const { onsale, pauses } = fake([busy("soon"), busy("-1"), busy("Infinity"), 200]);
  await onsale.ask("GET", "/x");
  assert.deepEqual(pauses, [1_000, 2_000, 4_000]);
});

test("a pause that is too long is not waited", async () => {
  const { onsale, pauses } = fake([new Response("{}", { status: 503, headers: { "Retry-After": "300" } })]);
  assert.equal((await onsale.ask("GET", "/x")).status, 503);
  assert.deepEqual(pauses, []);
});

test("without a word the pause is drawn between nothing and 30 seconds at most", () => {
  const most = { ...PATIENCE, tries: 9, draw: () => 1 };
  const seconds = [1, 2, 3, 4, 5, 6, 7, 8].map((tried) => pauseMs(most, tried, 503, null)! / 1_000);
  assert.deepEqual(seconds, [1, 2, 4, 8, 16, 30, 30, 30]);
  assert.equal(pauseMs({ ...PATIENCE, draw: () => 0 }, 1, 503, null), 0);
  const drawn = new Set(Array.from({ length: 20 }, () => pauseMs(PATIENCE, 5, 503, null)));
  assert.ok(drawn.size > 1, "all would come back together");
});

test("an operation is filled in, and one without its parts is never sent", async () => {
  const { onsale, requests } = fake([200]);
  await onsale.call("GET /gate/events/{event_id}/rank", { path: { event_id: "a b/c:d" }, query: { userId: "가&b" } });
  assert.equal(requests[0]!.url, "http://test/gate/events/a%20b%2Fc:d/rank?userId=%EA%B0%80%26b");
  // @ts-expect-error: the compiler wants the part of the path, and that is the test.
  await assert.rejects(onsale.call("GET /gate/events/{event_id}/rank", { query: { userId: "a" } }), TypeError);
  // @ts-expect-error: there is no such operation.
  const misspelt = () => onsale.call("GET /gate/event/{event_id}/rank", {});
  assert.equal(typeof misspelt, "function");
});

test("a refusal says its code and its trace", async () => {
  const body = { code: "SOLD_OUT", message: "There is none left." };
  const { onsale } = fake([Response.json(body, { status: 409, headers: { "X-Trace-Id": "t-1" } })]);
  const refused = await onsale.call("GET /tickets/keys").catch((error: unknown) => error);
  assert.ok(refused instanceof OnsaleError);
  assert.deepEqual([refused.status, refused.code], [409, "SOLD_OUT"]);
  assert.equal(refused.message, "409 SOLD_OUT: There is none left. (trace t-1)");
});

test("keys and tokens are sent, and a token is read anew for each try", async () => {
  const tokens = ["one", "two"];
  const { onsale, requests } = fake([503, 200], {}, { url: "http://test/", apiKey: "k", accessToken: () => tokens.shift()! });
  await onsale.ask("GET", "/x");
  assert.deepEqual(requests.map((request) => request.headers.get("Authorization")), ["Bearer one", "Bearer two"]);
  assert.deepEqual([requests[0]!.headers.get("X-Api-Key"), requests[0]!.url], ["k", "http://test/x"]);
});

test("a server that never answers ends a try", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => silent.once("listening", done));
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const onsale = new Onsale({ url, patience: { tries: 2, tryMs: 50, sleep: async () => {} } });
  assert.equal((await onsale.ask("GET", "/x")).status, 0);
  silent.close();
});

test("a signal ends the call, also in a pause", async () => {
  const end = new AbortController();
  const { onsale } = fake([503, 200], { sleep: async () => end.abort() });
  await assert.rejects(onsale.ask("GET", "/x", { signal: end.signal }), { name: "AbortError" });
});
