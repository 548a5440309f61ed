// @ts-check
// A worker: finds an answer for which SHA-256(nonce + "." + answer) begins with so many zero bits. SHA-256 is written out
// here (FIPS 180-4), since that of browsers is slow for many short texts, and missing without TLS.
"use strict";
const ROUND_CONSTANTS = new Uint32Array(64);
const FIRST_STATE = new Uint32Array(8);
(() => {
  // The first 32 bits of the fractional parts of cube and square roots of the first primes.
  const fraction = (/** @type {number} */ number) => ((number - Math.floor(number)) * 4294967296) >>> 0;
  let found = 0;
  for (let n = 2; found < 64; n += 1) {
    let isPrime = true;
    for (let d = 2; d * d <= n; d += 1) if (n % d === 0) isPrime = false;
    if (!isPrime) continue;
    if (found < 8) FIRST_STATE[found] = fraction(Math.sqrt(n));
    ROUND_CONSTANTS[found] = fraction(Math.cbrt(n));
    found += 1;
  }
})();

const schedule = new Uint32Array(64);

/** Mixes the 64 bytes of a block into a state of eight words. @param {Uint32Array} state @param {Uint8Array} bytes @param {number} at */
function mix(state, bytes, at) {
  for (let i = 0; i < 16; i += 1) {
    const j = at + 4 * i;
    schedule[i] = (bytes[j] << 24) | (bytes[j + 1] << 16) | (bytes[j + 2] << 8) | bytes[j + 3];
  }
  for (let i = 16; i < 64; i += 1) {
    const x = schedule[i - 15];
    const y = schedule[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i += 1) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i] + schedule[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

/**
 * The last blocks of a text of so many bytes, of which `rest` are those after its last whole block.
 * @param {Uint8Array} rest @param {number} bytes
 */
function lastBlocks(rest, bytes) {
  const padded = new Uint8Array(((rest.length + 8) >> 6) * 64 + 64);
  padded.set(rest);
  padded[rest.length] = 0x80;
  new DataView(padded.buffer).setUint32(padded.length - 4, bytes * 8);
  return padded;
}

/** @param {Uint32Array} state */
function leadingZeros(state) {
  let zeros = 0;
  for (const word of state) {
    zeros += Math.clz32(word);
    if (word !== 0) break;
  }
  return zeros;
}

/** @param {string} nonce @param {number} bits */
function solve(nonce, bits) {
  const encoder = new TextEncoder();
  const head = encoder.encode(nonce + ".");
  // The whole blocks of what every text begins with are mixed once.
  const whole = head.length & ~63;
  const begun = FIRST_STATE.slice();
  for (let at = 0; at < whole; at += 64) mix(begun, head, at);
  const rest = new Uint8Array(head.length - whole + 20);
  rest.set(head.subarray(whole));
  for (let answer = 0; ; answer += 1) {
    const text = String(answer);
    const written = encoder.encodeInto(text, rest.subarray(head.length - whole)).written;
    const last = lastBlocks(rest.subarray(0, head.length - whole + written), head.length + written);
    const state = begun.slice();
    for (let at = 0; at < last.length; at += 64) mix(state, last, at);
    if (leadingZeros(state) >= bits) return text;
  }
}

if (typeof self !== "undefined") {
  self.onmessage = (message) => self.postMessage(solve(message.data.nonce, message.data.bits));
}
