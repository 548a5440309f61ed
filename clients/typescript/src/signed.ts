// Signed texts: two parts in base64url without padding, with a dot between. Each text has one form alone.

/** `FORM`: not written as the server writes it; `UNKNOWN_KEY`; `SIGNATURE`. */
export type Fault = "FORM" | "UNKNOWN_KEY" | "SIGNATURE";

/** A text that is not signed by these keys, or not written as the server writes it. */
export class NotOurs extends Error {
  constructor(readonly fault: Fault) {
    super(fault);
    this.name = "NotOurs";
  }
}

export interface Parts {
  /** The first part as it is written. */
  first: string;
  content: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
}

const SIGNATURE_BYTES = 64;

/** The bytes of base64url. Padding, and bits that no byte needs, are refused: a text would have a second form. */
export function decoded(part: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(part) || part.length % 4 === 1) throw new NotOurs("FORM");
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  if (encoded(bytes) !== part) throw new NotOurs("FORM");
  return bytes;
}

function encoded(bytes: Uint8Array): string {
  let text = "";
  // In parts: a list of a large hall has more bytes than a call has arguments.
  for (let at = 0; at < bytes.length; at += 8_192) text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function partsOf(text: string): Parts {
  const [first, last, ...more] = text.split(".");
  if (first === undefined || last === undefined || more.length) throw new NotOurs("FORM");
  const [content, signature] = [decoded(first), decoded(last)];
  if (signature.length !== SIGNATURE_BYTES) throw new NotOurs("FORM");
  return { first, content, signature };
}

/** Whether this key of 32 bytes has signed these bytes. */
export async function isSigned(key: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const read = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, read, signature, signed);
}

export async function sha256(...parts: Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

export const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The bytes of hexadecimal digits; null for anything else. */
export function fromHex(text: unknown, length?: number): Uint8Array<ArrayBuffer> | null {
  if (typeof text !== "string" || !/^(?:[0-9a-fA-F]{2})*$/.test(text)) return null;
  const bytes = Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  return length === undefined || bytes.length === length ? bytes : null;
}

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;
