// The client: fetch with patience.

import type { Operations } from "./generated/operations.js";
import { PATIENCE, newKey, pauseMs, type Patience } from "./patience.js";
import { OnsaleError, Reply } from "./reply.js";

/** `METHOD /address`, as the API document has them. */
export type Operation = keyof Operations;

/** What every call takes. */
export interface Asking {
  /** The Idempotency-Key; without one each change gets its own. */
  key?: string;
  headers?: Record<string, string>;
  /** Ends the call. */
  signal?: AbortSignal;
}

/** What an operation takes: nothing may be left out that it needs. */
export type Arguments<O extends Operation> = {} extends Operations[O]["request"]
  ? [request?: Operations[O]["request"] & Asking]
  : [request: Operations[O]["request"] & Asking];

/** Where the server is, and who asks. */
export interface Settings {
  url: string;
  /** A tenant's, an administrator's or a door's key. Never put one into a page. */
  apiKey?: string;
  /** A person's, or what gives it before each try. */
  accessToken?: string | (() => string);
  /** Of messages: `en` or `ko`. */
  language?: string;
  patience?: Partial<Patience>;
  fetch?: typeof fetch;
}

interface Given {
  path?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

export class Onsale {
  readonly #url: string;
  readonly #settings: Settings;
  readonly #patience: Patience;
  readonly #fetch: typeof fetch;

  constructor(settings: Settings) {
    // Throws for what is no address: otherwise it would count as a server that is away.
    this.#url = new URL(settings.url).href.replace(/\/+$/, "");
    this.#settings = settings;
    this.#patience = { ...PATIENCE, ...settings.patience };
    this.#fetch = settings.fetch ?? globalThis.fetch.bind(globalThis);
  }

  /** One operation; its data. Throws an OnsaleError for an answer that is no success. */
  async call<O extends Operation>(operation: O, ...all: Arguments<O>): Promise<Operations[O]["reply"]> {
    const [request] = all as unknown as [(Given & Asking)?];
    const { path, query, ...more } = request ?? {};
    const at = operation.indexOf(" ");
    const reply = await this.ask(operation.slice(0, at), fill(operation.slice(at + 1), path, query), more);
    if (!reply.ok) throw new OnsaleError(reply);
    return reply.data as Operations[O]["reply"];
  }

  /** One call with patience. Any answer is a Reply; status 0: the server was not reached in any try. Throws only for `signal`. */
  async ask(method: string, address: string, { body, key, headers, signal }: Asking & { body?: unknown } = {}): Promise<Reply> {
    // One key for all tries of one change.
    const once = key ?? (method === "GET" ? "" : newKey());
    for (let tried = 1; ; tried++) {
      signal?.throwIfAborted();
      const reply = await this.#once(method, address, body, once, headers, signal);
      const pause = pauseMs(this.#patience, tried, reply.status, reply.headers.get("Retry-After"));
      if (pause === null) return reply;
      await this.#patience.sleep(pause, signal);
    }
  }

  async #once(
    method: string,
    address: string,
    body: unknown,
    key: string,
    more: Record<string, string> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    const { apiKey, accessToken, language } = this.#settings;
    const headers = new Headers({ Accept: "application/json", "Accept-Language": language ?? "en" });
    if (apiKey) headers.set("X-Api-Key", apiKey);
    if (accessToken) headers.set("Authorization", `Bearer ${typeof accessToken === "string" ? accessToken : accessToken()}`);
    if (key) headers.set("Idempotency-Key", key);
    if (body !== undefined) headers.set("Content-Type", "application/json");
    for (const [name, value] of Object.entries(more ?? {})) headers.set(name, value);
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const end = new AbortController();
    const abort = () => end.abort();
    // It counts for the body, too: one that comes byte by byte would hold a try for ever.
    const timer = setTimeout(abort, this.#patience.tryMs);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      const init: RequestInit = { method, headers, signal: end.signal, redirect: "manual", cache: "no-store" };
      const heard = await this.#fetch(this.#url + address, sent === undefined ? init : { ...init, body: sent });
      return new Reply(heard.status, heard.headers, dataOf(heard.headers, await heard.text()));
    } catch {
      signal?.throwIfAborted();
      return new Reply(0, new Headers(), null);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  }
}

function dataOf(headers: Headers, text: string): unknown {
  if (text === "") return null;
  if (!(headers.get("Content-Type") ?? "").includes("json")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** An address with its parts filled in and its query. */
function fill(template: string, path: Record<string, unknown> = {}, query: Record<string, unknown> = {}): string {
  const address = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (path[name] === undefined) throw new TypeError(`${template} needs path.${name}`);
    return encodeURIComponent(String(path[name])).replaceAll("%3A", ":");
  });
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${address}?${text}` : address;
}
