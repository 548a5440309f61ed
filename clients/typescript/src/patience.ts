// How often and how late a call is sent again: the rules of docs/client.en.md.

/** The limits of one call. */
export interface Patience {
  /** How often it is sent at most. */
  tries: number;
  /** Longest time of one try, in milliseconds. */
  tryMs: number;
  /** A server that asks for a longer pause gets no further try, in milliseconds. */
  longestPauseMs: number;
  /** From 0 to 1. */
  draw: () => number;
  /** Waits; ends at once when the signal does. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** The server has no time, or was not reached. */
const AGAIN = [0, 429, 502, 503, 504];
/** Longest pause that is drawn without a word of the server. */
const LONGEST_DRAWN_MS = 30_000;

const sleep = (ms: number, signal?: AbortSignal) =>
  new Promise<void>((done) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
    if (signal?.aborted) end();
  });

export const PATIENCE: Patience = { tries: 6, tryMs: 15_000, longestPauseMs: 60_000, draw: Math.random, sleep };

/** Milliseconds before the next try, after `tried` tries; null: this reply is the last. */
export function pauseMs(patience: Patience, tried: number, status: number, retryAfter: string | null): number | null {
  if (!AGAIN.includes(status) || tried >= patience.tries) return null;
  const seconds = Number(retryAfter ?? "");
  const asked = Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0;
  if (asked > patience.longestPauseMs) return null;
  // As much again at random: all that were refused together must not come back together.
  return asked > 0 ? asked + patience.draw() * asked : patience.draw() * Math.min(LONGEST_DRAWN_MS, 1_000 * 2 ** (tried - 1));
}

/** An Idempotency-Key that no other call has. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
