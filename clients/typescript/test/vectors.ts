// Signed texts with what must be found in them; the other clients read the same ones.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome, Verdict } from "../src/index.js";

export interface Vectors {
  keys: { keyId: string; publicKey: string }[];
  codes: { name: string; text: string; code: unknown; fault: string | null; door: string }[];
  doorList: {
    good: string;
    schedule: string;
    at: string;
    tickets: { t: string; r: string; seats: string[]; status: string }[];
    refused: { name: string; text: string; fault: string }[];
  };
  draws: {
    name: string;
    document: { line: string; draw: Record<string, unknown> };
    entries: string | null;
    receipt: string | null;
    receiptKey: string | null;
    user: string | null;
    verdict: Verdict;
    checks: Record<string, Outcome>;
    order: number[] | null;
    ticket: number | null;
  }[];
}

// From the folder of the package, where `npm test` runs.
const file = process.env["ONSALE_VECTORS"] ?? join(process.cwd(), "../vectors/vectors.json");
export const vectors = JSON.parse(readFileSync(file, "utf8")) as Vectors;
