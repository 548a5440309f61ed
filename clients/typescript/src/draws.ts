// The check of an opening draw from public data alone, as `onsale verify-draw` makes it (docs/api.md, Opening draw).

import { fromHex, hex, isSigned, partsOf, sha256, utf8 } from "./signed.js";

export type Outcome = "passed" | "failed" | "notChecked";
export type Verdict = "allPassed" | "notAllChecked" | "notDrawnYet" | "failed";

/** What is checked beside the document. */
export interface DrawEvidence {
  /** The text of `GET /queue/draw/{line}/entries`. */
  entries?: string | undefined;
  /** A receipt, with `publicKey` of `GET /queue/receipt-key` and the user whose it must be. */
  receipt?: string | undefined;
  receiptKey?: string | undefined;
  user?: string | undefined;
}

/** What was found. */
export interface DrawCheck {
  verdict: Verdict;
  /** By the name of the check. */
  checks: Record<string, Outcome>;
  /** The queue number of the receipt. */
  ticket: number | null;
  /** The entries in the order of their queue numbers; null before the draw. */
  order: number[] | null;
}

interface Draw {
  commitment: string;
  closesAt?: string | null;
  randomness?: { kind: string; round?: number | null; chain?: string | null; value?: string | null } | null;
  root?: string | null;
  count?: number | null;
  seed?: string | null;
  trust?: string | null;
}

interface Receipt {
  line: string;
  entry: number;
  holder: string;
  issuedAtMs: number;
}

const COUNT_MAX = 100_000_000;
const RECEIPT_BYTES_MAX = 2_048;
/** A receipt that was signed this long before the closing belongs to a participant: clocks differ less. */
const CLOCK_SLACK_MS = 5_000;
/** "quicknet" of the League of Entropy, the one chain that no operator can sign. */
const QUICKNET = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
const QUICKNET_GENESIS_SECONDS = 1_692_803_367;
const QUICKNET_PERIOD_SECONDS = 3;
/** Hashes under way at once. */
const AT_ONCE = 4_096;

/**
 * Checks a draw. `document`: of `GET /queue/serving/{line}`. The signature of a round of drand is not checked here: it is BLS,
 * which WebCrypto does not have; `onsale verify-draw` checks it.
 */
export async function checkDraw(document: { line?: string; draw?: unknown }, evidence: DrawEvidence = {}): Promise<DrawCheck> {
  const draw = document.draw as Draw | null | undefined;
  if (!draw) throw new TypeError("this line has no opening draw");
  const isWhole = draw.seed == null || draw.count != null;
  if (!isWhole || (draw.count != null && !(draw.count >= 0 && draw.count <= COUNT_MAX))) {
    throw new TypeError("seed and count are published together, and no line has so many places");
  }
  const hashes = evidence.entries === undefined ? null : evidence.entries.split(/\s+/).filter(Boolean).map(hashOf);
  const checks: Record<string, Outcome> = { seed: await seedOf(draw), entries: await entriesOf(draw, hashes), ...randomnessOf(draw) };
  if (draw.trust != null) checks["trust"] = outcome(draw.trust === "operator" || needsNoTrust(draw));
  const order = await orderOf(draw);
  let ticket: number | null = null;
  if (evidence.receipt !== undefined) {
    const key = fromHex(evidence.receiptKey, 32);
    if (!key) throw new TypeError("a receipt key has 64 hexadecimal digits");
    const found = await receiptOf(document.line, draw, hashes, order, evidence.receipt, key, evidence.user);
    Object.assign(checks, found.checks);
    ticket = found.ticket;
  }
  return { verdict: verdictOf(draw, checks), checks, ticket, order };
}

/** RFC 9162, 2.1.1: a leaf is hashed after the byte 0, a node after the byte 1. */
export async function merkleRoot(leaves: Uint8Array[]): Promise<Uint8Array> {
  if (!leaves.length) return sha256();
  let level: Uint8Array[] = await mapped(leaves, (leaf) => sha256(Uint8Array.of(0), leaf));
  // Pairs from the left, the odd one moves up: the same tree as the one that is split at the largest power of two.
  while (level.length > 1) {
    const pairs = Array.from({ length: level.length >> 1 }, (_, at) => at * 2);
    const odd = level.slice(pairs.length * 2);
    const below = level;
    level = [...(await mapped(pairs, (at) => sha256(Uint8Array.of(1), below[at]!, below[at + 1]!))), ...odd];
  }
  return level[0]!;
}

async function mapped<T, U>(all: readonly T[], make: (one: T) => Promise<U>): Promise<U[]> {
  const made: U[] = [];
  for (let at = 0; at < all.length; at += AT_ONCE) {
    for (const one of await Promise.all(all.slice(at, at + AT_ONCE).map(make))) made.push(one);
  }
  return made;
}

const outcome = (fits: boolean | null): Outcome => (fits === null ? "notChecked" : fits ? "passed" : "failed");

function hashOf(text: string): Uint8Array {
  const hash = fromHex(text, 32);
  if (!hash) throw new TypeError("each line of the entries has 64 hexadecimal digits");
  return hash;
}

async function seedOf(draw: Draw): Promise<Outcome> {
  if (draw.seed == null) return "notChecked";
  const seed = fromHex(draw.seed, 32);
  return outcome(seed !== null && hex(await sha256(seed)) === draw.commitment.toLowerCase());
}

async function entriesOf(draw: Draw, hashes: Uint8Array[] | null): Promise<Outcome> {
  if (hashes === null || draw.root == null) return "notChecked";
  return outcome(hex(await merkleRoot(hashes)) === draw.root.toLowerCase() && hashes.length === draw.count);
}

const kindOf = (draw: Draw) => draw.randomness?.kind ?? "none";

function randomnessOf(draw: Draw): Record<string, Outcome> {
  const kind = kindOf(draw);
  if (kind === "none") return {};
  // Entered by the operator: compare it with what the named source published.
  if (kind === "manual") return { value: "notChecked" };
  const isValue = fromHex(draw.randomness?.value, 48) !== null && draw.randomness?.round != null;
  return { value: draw.seed != null && !isValue ? "failed" : "notChecked", round: outcome(isRoundAfterClosing(draw)) };
}

/** The closing in milliseconds since 1970. A time without an offset is UTC. */
function closesAtMs(draw: Draw): number | null {
  if (draw.closesAt == null) return null;
  return Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(draw.closesAt) ? draw.closesAt : `${draw.closesAt}Z`);
}

function isRoundAfterClosing(draw: Draw): boolean | null {
  if ((draw.randomness?.chain ?? "").toLowerCase() !== QUICKNET) return null;
  const [round, closesAt] = [draw.randomness?.round, closesAtMs(draw)];
  if (round == null || closesAt === null) return false;
  return (QUICKNET_GENESIS_SECONDS + QUICKNET_PERIOD_SECONDS * Math.max(round - 1, 0)) * 1_000 > closesAt;
}

function needsNoTrust(draw: Draw): boolean {
  if (kindOf(draw) === "drand") return isRoundAfterClosing(draw) === true;
  return kindOf(draw) === "manual" && draw.closesAt != null;
}

/** What is hashed before an entry's number: seed, value, root; the seed alone in a draw of an earlier version. */
function orderKey(draw: Draw): Uint8Array[] | null {
  const seed = fromHex(draw.seed, 32);
  if (!seed) return null;
  if (draw.root == null) return [seed];
  const [kind, text, root] = [kindOf(draw), draw.randomness?.value ?? "", fromHex(draw.root)];
  const value = kind === "none" ? new Uint8Array() : kind === "manual" ? utf8(text) : fromHex(text);
  return value && root ? [seed, value, root] : null;
}

async function orderOf(draw: Draw): Promise<number[] | null> {
  const key = orderKey(draw);
  if (!key) return null;
  const entries = Array.from({ length: draw.count ?? 0 }, (_, at) => at + 1);
  const number = (entry: number) => Uint8Array.of(entry >>> 24, entry >>> 16, entry >>> 8, entry);
  // Hexadecimal digits sort as the bytes do.
  const lots = await mapped(entries, async (entry) => ({ entry, lot: hex(await sha256(...key, number(entry))) }));
  lots.sort((one, other) => (one.lot < other.lot ? -1 : one.lot > other.lot ? 1 : 0));
  return lots.map(({ entry }) => entry);
}

async function receiptOf(
  line: string | undefined,
  draw: Draw,
  hashes: Uint8Array[] | null,
  order: number[] | null,
  text: string,
  key: Uint8Array<ArrayBuffer>,
  user: string | undefined,
): Promise<{ checks: Record<string, Outcome>; ticket: number | null }> {
  const said = await readReceipt(text, key);
  if (!said) return { checks: { receipt: "failed" }, ticket: null };
  const isLate = draw.count != null && said.entry > draw.count;
  const holder = user === undefined ? null : hex(await sha256(utf8(`${said.line}\n${user}`)));
  const checks: Record<string, Outcome> = {
    receipt: "passed",
    line: outcome(said.line === line),
    user: outcome(holder === null ? null : holder === said.holder),
  };
  if (isLate) {
    const closesAt = closesAtMs(draw);
    checks["part"] = outcome(!(closesAt !== null && said.issuedAtMs < closesAt - CLOCK_SLACK_MS));
    return { checks, ticket: said.entry };
  }
  const listed = hashes?.[said.entry - 1];
  checks["holder"] = outcome(hashes === null ? null : listed !== undefined && hex(listed) === said.holder);
  const at = order?.indexOf(said.entry) ?? -1;
  return { checks, ticket: at < 0 ? null : at + 1 };
}

/** The content of a receipt that this key has signed; null for any other text. */
async function readReceipt(given: string, key: Uint8Array<ArrayBuffer>): Promise<Receipt | null> {
  const text = given.trim();
  if (text.length > RECEIPT_BYTES_MAX) return null;
  try {
    const { content, signature } = partsOf(text);
    // Over the bytes of the JSON.
    if (!(await isSigned(key, content, signature))) return null;
    const said = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content)) as Receipt;
    const isWhole = Object.keys(said).sort().join() === "entry,holder,issuedAtMs,line" && typeof said.line === "string";
    const areNumbers = Number.isInteger(said.entry) && said.entry > 0 && Number.isInteger(said.issuedAtMs);
    return isWhole && typeof said.holder === "string" && areNumbers ? said : null;
  } catch {
    return null;
  }
}

function verdictOf(draw: Draw, checks: Record<string, Outcome>): Verdict {
  const outcomes = Object.values(checks);
  if (outcomes.includes("failed")) return "failed";
  if (draw.seed == null) return "notDrawnYet";
  return outcomes.includes("notChecked") ? "notAllChecked" : "allPassed";
}
