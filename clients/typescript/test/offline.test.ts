// Tickets, lists of doors and draws, without a server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Door, NotOurs, TicketKeys, checkDraw } from "../src/index.js";
import { vectors } from "./vectors.js";

async function readAll() {
  const keys = await TicketKeys.of(vectors.keys);
  return { keys, list: await keys.readDoorList(vectors.doorList.good) };
}

const faultOf = async (reading: Promise<unknown>) =>
  reading.then(
    () => null,
    (refused: unknown) => (refused instanceof NotOurs ? refused.fault : Promise.reject(refused)),
  );

test("a code is read only as it was signed", async () => {
  const { keys } = await readAll();
  assert.ok(vectors.codes.length > 20);
  for (const { name, text, code, fault } of vectors.codes) {
    assert.equal(await faultOf(keys.read(text)), fault, name);
    if (!fault) assert.deepEqual(await keys.read(text), code, name);
  }
});

test("a list is read only as it was signed", async () => {
  const { keys, list } = await readAll();
  const { schedule, at, tickets, refused } = vectors.doorList;
  assert.deepEqual([list.schedule, list.at, list.tickets.size], [schedule, at, tickets.length]);
  for (const { t, r, seats, status } of tickets) assert.deepEqual(list.tickets.get(t), { number: t, reservation: r, seats, status });
  for (const { name, text, fault } of refused) assert.equal(await faultOf(keys.readDoorList(text)), fault, name);
});

test("a door without the network lets each good ticket in once", async () => {
  const { keys, list } = await readAll();
  for (const { name, text, door } of vectors.codes) {
    assert.equal((await new Door(keys, list).show(text, "2026-12-24T10:00:00Z")).status, door, name);
  }
  const [door, good] = [new Door(keys, list), vectors.codes[0]!.text];
  assert.deepEqual(await door.show(good, "2026-12-24T10:00:00Z"), { status: "VALID", number: "T20261223-0000000001", seats: ["A-1", "가-12"] });
  assert.equal((await door.show(good, "2026-12-24T10:00:05Z")).status, "USED");
  assert.deepEqual(door.marks, [{ qrData: good, at: "2026-12-24T10:00:00Z" }]);
});

test("the name of a key follows from the key", async () => {
  const keys = await TicketKeys.of(vectors.keys.map((key) => ({ ...key, keyId: "00000000" })));
  assert.equal((await keys.read(vectors.codes[0]!.text)).number, "T20261223-0000000001");
});

test("each check of a draw is passed, failed or not made", async () => {
  assert.ok(vectors.draws.length > 20);
  for (const { name, document, entries, receipt, receiptKey, user, ...expected } of vectors.draws) {
    const evidence = { entries: entries ?? undefined, receipt: receipt ?? undefined, receiptKey: receiptKey ?? undefined, user: user ?? undefined };
    assert.deepEqual(await checkDraw(document, evidence), expected, name);
  }
});

test("a document without a draw and a key that is none are refused", async () => {
  const { document } = vectors.draws[0]!;
  await assert.rejects(checkDraw({ line: "gate:shoes" }), TypeError);
  await assert.rejects(checkDraw({ draw: { commitment: "", seed: "00".repeat(32) } }), TypeError);
  await assert.rejects(checkDraw(document, { receipt: "a.b", receiptKey: "short" }), TypeError);
  await assert.rejects(checkDraw(document, { entries: "short\n" }), TypeError);
});
