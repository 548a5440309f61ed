// The pure parts of the seat map's scripts. Run by `seats::tests` with the folder of assets as its argument.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const assets = pathToFileURL(`${process.env.ASSETS}/`);
const use = (name) => import(new URL(name, assets));
const { BLOCK_SEATS_MAX, FREE, HELD, Hall, SOLD, States, cut, exchange, groups, indices, isBeside, orphans, parties } = await use("seats/hall.js");
const { full, rowOf, several, takenSentence } = await use("seats/names.js");

const texts = JSON.parse(process.env.TEXTS ?? "{}");
const number = new Intl.NumberFormat("en");
const say = (id, values = {}) =>
  texts[`seats-js-${id}`].replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? number.format(values[name]) : values[name]));
const row = (name, first, count, more = {}) => ({ name, first, count, grade: "S", ...more });
const hall = (rows, sections = [{ name: "Section 12", rows }]) =>
  new Hall({ idPrefix: "0190a1b2c3d48000aabbccdd", grades: [{ grade: "S", price: 132000 }, { grade: "A", price: 99000 }], sections });

test("an id is the prefix and the index, and gives its index back", () => {
  const it = hall([row("A", 0, 300)]);
  assert.equal(it.id(255), "0190a1b2-c3d4-8000-aabb-ccdd000000ff");
  assert.equal(it.index(it.id(255)), 255);
  assert.equal(it.index(it.id(255).toUpperCase()), 255);
  for (const other of [it.id(300), it.id(1).replace("0190", "0191"), "", "x"]) assert.equal(it.index(other), -1, other);
});

test("two bits a seat, the first in the lowest, and seats that came back are free for those they are open to", () => {
  const states = new States(6);
  states.read(new Uint8Array([0b10_01_01_00, 0b00_00_00_11]), 7, [2]);
  assert.deepEqual([...states.all], [0, 1, 1, 2, 3, 0]);
  assert.deepEqual([0, 1, 2, 3, 4, 5].map((index) => states.of(index)), [FREE, HELD, FREE, SOLD, 3, FREE]);
  assert.deepEqual(states.counts([{ lines: [{ first: 0, count: 6 }] }]), { free: 3, held: 1, sold: 1, closed: 1 });
  assert.deepEqual(indices("3,14,x,"), [3, 14]);
});

test("a change follows on its state, and a gap asks for the state again", () => {
  const states = new States(4);
  states.read(new Uint8Array([0]), 7, []);
  assert.deepEqual(states.follow({ from: 7, to: 7, changes: [], open: [3] }), [3]);
  assert.deepEqual(states.follow({ from: 7, to: 9, changes: [[1, 2]] }), [1]);
  assert.equal(states.of(1), SOLD);
  assert.equal(states.follow({ from: 10, to: 11, changes: [[2, 2]] }), null);
  assert.equal(states.sequence, 9, "nothing is taken of what does not follow");
});

test("no block has more seats than can be shown, each seat is in one, and a great section is cut evenly", () => {
  for (const rows of [[row("A", 0, 50)], Array.from({ length: 250 }, (_, at) => row(`R${at}`, at * 50, 50)), [row("A", 0, 5000)],
    Array.from({ length: 3 }, (_, at) => row(`R${at}`, at * 1199, 1199))]) {
    const parts = cut(rows);
    const sizes = parts.map((lines) => lines.reduce((sum, line) => sum + line.count, 0));
    assert.ok(Math.max(...sizes) <= BLOCK_SEATS_MAX, sizes.join());
    const seats = parts.flat().flatMap((line) => Array.from({ length: line.count }, (_, at) => line.first + at));
    assert.deepEqual(seats, [...seats].sort((one, other) => one - other));
    assert.equal(new Set(seats).size, rows.reduce((sum, one) => sum + one.count, 0));
  }
  assert.equal(cut(Array.from({ length: 250 }, (_, at) => row(`R${at}`, at * 50, 50))).length, 11);
});

test("the same plan is cut as the server cuts it", () => {
  const { plan, blocks } = JSON.parse(process.env.BLOCKS ?? "{}");
  assert.deepEqual(new Hall(plan).blocks.map((block) => block.lines), blocks);
});

test("seats are side by side in one row, without a step in the numbers, and not across an aisle", () => {
  const it = hall([row("A", 0, 6, { flags: { 1: ["aisle"], 2: ["aisle"] }, numbers: [1, 2, 3, 4, 7, 9] }), row("B", 6, 1)]);
  const beside = [0, 1, 2, 3, 4, 5].map((index) => isBeside(it.seat(index), it.seat(index + 1)));
  assert.deepEqual(beside, [true, false, true, false, true, false]);
  const names = (list) => list.map((group) => group.map((seat) => seat.index));
  assert.deepEqual(names(groups(it, it.blocks[0].lines[0], () => true)), [[0, 1], [2, 3], [4, 5]]);
});

test("a seat that a choice leaves alone is told, and one that was alone before is not", () => {
  const it = hall([row("A", 0, 8)]);
  const taken = new Set([5, 7]);
  const isFree = (index) => !taken.has(index);
  const of = (...choice) => orphans(it, isFree, new Set(choice)).map((seat) => seat.index);
  assert.deepEqual(of(1, 2), [0], "6 was alone before");
  assert.deepEqual(of(0, 1), []);
  assert.deepEqual(of(1, 3), [0, 2, 4]);
  assert.deepEqual(of(), []);
});

test("places for a party are side by side and leave wheelchair seats to those who need them", () => {
  const it = hall([row("A", 0, 8, { flags: { 7: ["wheelchair"] } })]);
  const at = (size) => parties(it, it.blocks[0].lines[0], size, (index) => index !== 2).map((group) => group.map((seat) => seat.number));
  assert.deepEqual(at(2), [[1, 2], [4, 5], [6, 7]]);
  assert.deepEqual(at(4), [[4, 5, 6, 7]]);
});

test("the name of a seat says where it is, what it costs and how it stands", () => {
  const it = hall([row("7", 0, 20, { flags: { 13: ["aisle"] } }), row("8열", 20, 1, { grade: "A", flags: { 0: ["wheelchair", "obstructed"] } })]);
  assert.equal(full(say, it.seat(13), FREE, ""), "Section 12, row 7, seat 14, S, 132,000 won, free, aisle");
  assert.equal(full(say, it.seat(13), HELD, ""), "Section 12, row 7, seat 14, S, 132,000 won, in payment, aisle");
  assert.equal(full(say, it.seat(12), SOLD, ""), "Section 12, row 7, seat 13, S, 132,000 won, sold");
  assert.equal(full(say, it.seat(12), FREE, "mine"), "Section 12, row 7, seat 13, S, 132,000 won, your choice");
  assert.equal(full(say, it.seat(20), FREE, ""), "Section 12, row 8, seat 1, A, 99,000 won, free, wheelchair space, restricted view");
  assert.deepEqual(["7열", "A", "열"].map(rowOf), ["7", "A", "열"]);
  assert.equal(several(say, [it.seat(0), it.seat(20)]), "7-1 and 8-1");
});

test("a taken seat is named with what is free beside the rest", () => {
  const it = hall([row("B", 0, 20)]);
  const say2 = (asked, taken, instead) => {
    const { kept, added, isTogether } = exchange(it, asked, taken, instead);
    const seats = (list) => list.map((index) => it.seat(index));
    return takenSentence(say, seats(taken), seats(kept), seats(added), isTogether);
  };
  assert.equal(say2([6], [6], [8]), "B-7 was just taken. B-9 is free.");
  assert.equal(say2([6, 7], [6], [7, 8]), "B-7 was just taken. B-9 is free beside your other seats.");
  assert.equal(say2([6, 7], [6, 7], [8, 9]), "B-7 and B-8 were just taken. B-9 and B-10 are free side by side.");
  assert.equal(say2([6, 7], [6, 7], [2, 9]), "B-7 and B-8 were just taken. B-3 and B-10 are free nearby.");
  assert.equal(say2([6, 7], [6], []), "B-7 was just taken. The rest of your choice is kept.");
  assert.deepEqual(exchange(it, [6, 7, 1], [6], [7, 8, 9]).dropped, [1]);
});
