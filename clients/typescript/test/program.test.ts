// Against the running program: clients/test.sh starts it, and evening.py has sold tickets and held a draw there.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Door, Onsale, OnsaleError, TicketKeys, checkDraw, newKey } from "../src/index.js";

interface Evening {
  url: string;
  apiKey: string;
  adminToken: string;
  schedule: string;
  tickets: Record<string, string>;
  now: string;
  line: string;
  user: string;
  receipt: string;
  draw: { verdict: string; checks: Record<string, string>; order: number[]; ticket: number };
}

const file = process.env["ONSALE_EVENING"];
const skip = file ? false : "clients/test.sh PROGRAM runs these";
const evening = (file ? JSON.parse(readFileSync(file, "utf8")) : { url: "http://127.0.0.1:1" }) as Evening;
const shop = new Onsale({ url: evening.url, apiKey: evening.apiKey });

async function makeCampaign(): Promise<string> {
  const name = `typescript-${newKey().slice(0, 12)}`;
  const campaign = { event_id: name, name: "TypeScript", stock: 20, discount: { type: "fixed", value: 1_000 } } as const;
  assert.equal((await shop.call("POST /api/v1/admin/campaigns", { body: campaign })).stock, 20);
  const opened = await shop.call("POST /api/v1/admin/campaigns/{event_id}/open", { path: { event_id: name } });
  assert.equal(opened.status, "active");
  return name;
}

test("one press is done once", { skip }, async () => {
  const [name, key, orderKey] = [await makeCampaign(), newKey(), newKey()];
  const body = { user_id: "ann", event_id: name };
  const first = await shop.call("POST /api/v1/coupons/issue", { body, key });
  assert.equal(first.code, "ISSUED");
  assert.deepEqual(await shop.call("POST /api/v1/coupons/issue", { body, key }), first);
  assert.equal((await shop.call("POST /api/v1/coupons/issue", { body })).code, "ALREADY_ISSUED", "a new press");
  const order = { order_id: `order-${name}`, amount: 30_000 };
  const redeem = () => shop.ask("POST", `/api/v1/coupons/${first.coupon_id}/redeem`, { body: order, key: orderKey });
  const [one, again] = [await redeem(), await redeem()];
  assert.deepEqual([one.headers.get("Idempotency-Replayed"), again.headers.get("Idempotency-Replayed")], [null, "true"]);
  assert.deepEqual(again.data, one.data);
  const path = { coupon_id: first.coupon_id! };
  const confirmed = await shop.call("POST /api/v1/coupons/{coupon_id}/redeem/confirm", { path, body: { order_id: order.order_id } });
  assert.equal(confirmed.status, "REDEEMED");
});

test("a refusal has its code and its trace", { skip }, async () => {
  const issue = shop.call("POST /api/v1/coupons/issue", { body: { user_id: "ann", event_id: "nowhere" } });
  const refused = await issue.catch((error: unknown) => error);
  assert.ok(refused instanceof OnsaleError);
  assert.deepEqual([refused.status, refused.code], [404, "CAMPAIGN_NOT_FOUND"]);
  assert.ok(refused.reply.traceId);
});

test("a crowd waits as the server says, and everybody is answered", { skip }, async () => {
  const name = await makeCampaign();
  let pauses = 0;
  const draw = () => (pauses++, 0);
  const crowd = new Onsale({ url: evening.url, apiKey: evening.apiKey, patience: { tries: 60, draw } });
  const issue = () => crowd.call("POST /api/v1/coupons/issue", { body: { user_id: "ben", event_id: name } });
  const codes = (await Promise.all(Array.from({ length: 6 }, issue))).map(({ code }) => code);
  assert.deepEqual(codes.sort(), [...Array(5).fill("ALREADY_ISSUED"), "ISSUED"]);
  // One call a second is this server's limit for a user.
  assert.ok(pauses, "the server has refused nobody, so nothing was shown");
});

test("a door checks tickets without the network", { skip }, async () => {
  const operator = new Onsale({ url: evening.url, accessToken: evening.adminToken });
  const keys = await TicketKeys.of((await shop.call("GET /tickets/keys")).keys);
  const text = await operator.call("GET /tickets/doors/{scheduleId}", { path: { scheduleId: evening.schedule } });
  const [door, at] = [new Door(keys, await keys.readDoorList(text)), evening.now];
  const [ticket, cancelled] = [evening.tickets["typescript"]!, evening.tickets["cancelled"]!];
  assert.equal((await door.show(cancelled, at)).status, "CANCELLED");
  assert.equal((await door.show(ticket.slice(0, -1) + (ticket.endsWith("B") ? "C" : "B"), at)).status, "FORGED");
  const shown = await door.show(ticket, at);
  assert.deepEqual([shown.status, shown.seats.length], ["VALID", 1]);
  assert.equal((await door.show(ticket, at)).status, "USED");
  const marked = await operator.call("POST /tickets/verify/batch", { body: { gate: "3", list: door.marks } });
  assert.deepEqual(marked.list.map(({ status }) => status), ["VALID"]);
  const seen = await operator.call("POST /tickets/verify", { body: { qrData: ticket } });
  assert.deepEqual([seen.status, seen.ticketNumber, seen.seats], ["USED", shown.number, shown.seats]);
});

test("a draw is found as the program finds it", { skip }, async () => {
  const { line, receipt, user, draw: expected } = evening;
  const document = await shop.call("GET /queue/serving/{line}", { path: { line } });
  const entries = await shop.call("GET /queue/draw/{line}/entries", { path: { line } });
  const { publicKey: receiptKey } = await shop.call("GET /queue/receipt-key");
  assert.equal(expected.verdict, "allPassed");
  assert.deepEqual(await checkDraw(document, { entries, receipt, receiptKey, user }), expected);
  const ofOther = await checkDraw(document, { entries, receipt, receiptKey, user: "somebody" });
  assert.equal(ofOther.verdict, "failed");
  const [first, ...rest] = entries.split("\n").filter(Boolean);
  assert.equal((await checkDraw(document, { entries: [...rest, first].join("\n") })).verdict, "failed");
});
