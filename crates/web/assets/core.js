// @ts-check
// What all pages share: the server's clock, asking with patience, one tab that speaks for all, words. It is also the reference
// client of the API: docs/client.en.md says in words what stands here.

/** @typedef {{ ok: boolean, status: number, data: any, headers: Headers }} Answer */
/**
 * @typedef {object} Asking
 * @property {unknown} [body] becomes JSON
 * @property {string} [key] the Idempotency-Key; without one a change gets its own
 * @property {AbortSignal} [signal] ends it
 * @property {number} [tries] how often it is asked while the server has no time; 6
 * @property {(ms: number, now: () => void, status: number) => void} [onWait] told before each pause; `now` ends the pause
 */

/** @param {string} id @returns {HTMLElement | null} */
const byId = (id) => document.getElementById(id);

export const lang = document.documentElement.lang;

// ---- words

/** @type {Record<string, string> | undefined} */
let words;

/** The texts that the page gave its scripts, by their ids. @returns {Record<string, string>} */
export const texts = () => (words ??= JSON.parse(byId("texts")?.textContent || "{}"));

/** A text with its variables. @param {string} id @param {Record<string, string | number>} [values] */
export const say = (id, values = {}) =>
  (texts()[id] ?? id).replace(/\{(\w+)\}/g, (all, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : (value ?? all);
  });

const numbers = new Intl.NumberFormat(lang);

/** @param {number} value */
export const number = (value) => numbers.format(value);

/** Says something to a screen reader, once it has finished. @param {string} text */
export function announce(text) {
  const place = byId("announcer");
  if (!place) return;
  place.textContent = "";
  setTimeout(() => (place.textContent = text), 50);
}

// ---- the server's clock: the device's is never read

/** Server milliseconds at `performance.now() == 0`; NaN while nothing is known. */
let zero = NaN;

const made = Number(document.documentElement.dataset.now);
const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
if (made) zero = made - (navigation?.responseStart ?? 0);

/** The server's time in milliseconds; NaN until it is known. */
export const serverNow = () => zero + performance.now();

/** Asks for the time thrice; the quickest answer counts. Resolves with the time. */
export async function setClock() {
  let quickest = Infinity;
  for (let n = 0; n < 3; n++) {
    const began = performance.now();
    const now = await fetch("/time").then((answer) => answer.json(), () => null);
    const took = performance.now() - began;
    if (now?.now && took < quickest) {
      quickest = took;
      zero = now.now - began - took / 2;
    }
  }
  return serverNow();
}

/**
 * Calls when somebody comes back to the page: from another tab, by the back button, with the network.
 * @param {() => void} call
 */
export function comeback(call) {
  document.addEventListener("visibilitychange", () => document.hidden || call());
  addEventListener("pageshow", (shown) => shown.persisted && call());
  addEventListener("online", call);
}

comeback(setClock);

/**
 * Asks for the page anew when it is shown by the back button: what the browser has kept, whole or in its cache, may be old.
 * No reload: that would send a form again whose answer the page is.
 */
export const anew = () =>
  addEventListener("pageshow", (shown) => (shown.persisted || navigation?.type === "back_forward") && location.replace(location.pathname + location.search));

/** `3:12`, `1:03:12`. @param {number} ms */
export function clockText(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

/**
 * Counts down in an element to its `data-until` (server milliseconds), and fires `due` at it at the end.
 * @param {HTMLElement} element
 * @param {(leftMs: number) => void} [each] instead of writing `3:12`
 * @returns {() => void} stops it
 */
export function clockEvery(element, each = (left) => (element.textContent = clockText(left))) {
  let timer = 0;
  const tick = () => {
    const left = Number(element.dataset.until) - serverNow();
    // Before the clock is known there is nothing to show that could be wrong.
    if (left === left) each(left);
    if (left <= 0) return element.dispatchEvent(new Event("due"));
    timer = setTimeout(tick, left % 1000 || 1000);
  };
  tick();
  return () => clearTimeout(timer);
}

/** Shows a number; it rolls when it changes. @param {HTMLElement} element @param {number} value */
export function roll(element, value) {
  const text = number(value);
  if (element.textContent === text) return;
  element.textContent = text;
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  element.animate([{ transform: "translateY(.25em)", opacity: 0.3 }, { transform: "none" }], 240);
}

// ---- asking with patience

/**
 * How long to wait before the next try: the server's word and up to as much again, else 1, 2, 4 ... 30 s with full jitter.
 * @param {number} tried
 * @param {string | null} [retryAfter]
 */
export function waitMs(tried, retryAfter) {
  const asked = Number(retryAfter) * 1000;
  return asked > 0 ? asked + Math.random() * asked : Math.random() * Math.min(30000, 1000 * 2 ** tried);
}

/** @param {number} ms @param {AbortSignal} [signal] @param {(wake: () => void) => void} [give] gets what ends it early */
export const pause = (ms, signal, give) =>
  new Promise((done) => {
    const end = () => done(clearTimeout(timer));
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
    give?.(end);
  });

const csrf = () => document.cookie.match(/(?:^|; )csrfToken=([^;]+)/)?.[1];

/** A key that no other call has. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");

/**
 * Asks the API. Waits and asks again, under the same key, while the server has no time (429, 502, 503, 504) or the network is
 * away; renews the session once. Whatever else the server says is the answer; status 0: it was never reached.
 * @param {string} method
 * @param {string} path
 * @param {Asking} [asking]
 * @returns {Promise<Answer>}
 */
export async function ask(method, path, { body, key, signal, tries = 6, onWait } = {}) {
  const isChange = method !== "GET";
  const once = key ?? (isChange ? newKey() : "");
  let renewed = false;
  for (let tried = 0; ; ) {
    /** @type {Answer} */
    let answer = { ok: false, status: 0, data: null, headers: new Headers() };
    try {
      const headers = new Headers({ Accept: "application/json", "Accept-Language": lang });
      if (body !== undefined) headers.set("Content-Type", "application/json");
      if (isChange) headers.set("X-CSRF-Token", csrf() ?? "");
      if (once) headers.set("Idempotency-Key", once);
      const sent = body === undefined ? undefined : JSON.stringify(body);
      const heard = await fetch(path, { method, headers, body: sent, signal, cache: "no-store" });
      const { ok, status } = heard;
      answer = { ok, status, data: await heard.json().catch(() => null), headers: heard.headers };
    } catch (away) {
      if (signal?.aborted) throw away;
    }
    if (answer.status === 401 && !renewed && csrf()) {
      renewed = true;
      if (await renew()) continue;
    }
    if (![0, 429, 502, 503, 504].includes(answer.status) || ++tried >= tries) return answer;
    const ms = waitMs(tried - 1, answer.headers.get("Retry-After"));
    await pause(ms, signal, (now) => onWait?.(ms, now, answer.status));
    signal?.throwIfAborted();
  }
}

// ---- one tab for all

/**
 * Runs under a lock of all tabs of this site. Without locks each tab is alone.
 * @template T @param {string} name @param {() => Promise<T>} run @returns {Promise<T>}
 */
const alone = async (name, run) => (navigator.locks ? navigator.locks.request(name, run) : run());

/** Renews the session, once for all tabs. Resolves with whether there is one. @returns {Promise<boolean>} */
export const renew = () =>
  alone("session", async () => {
    const session = await fetch("/session").then((answer) => answer.json(), () => null);
    if (session?.user) return true;
    const headers = { "X-CSRF-Token": csrf() ?? "" };
    return fetch("/session/refresh", { method: "POST", headers }).then((answer) => answer.ok, () => false);
  });

/**
 * One tab works for all: it runs `work`, and what it tells is heard by every tab, itself too. A hidden tab gives the work away.
 * @template T
 * @param {string} name
 * @param {(tell: (news: T) => void, signal: AbortSignal) => Promise<void>} work ends when the signal does
 * @param {(news: T) => void} hear
 * @returns {() => void} ends this tab's part
 */
export function lead(name, work, hear) {
  const channel = new BroadcastChannel(name);
  const end = new AbortController();
  let turn = new AbortController();
  const tell = (/** @type {T} */ news) => (channel.postMessage({ news }), hear(news));
  channel.onmessage = ({ data }) => (data.news !== undefined ? hear(data.news) : document.hidden && turn.abort());
  const show = () => (document.hidden ? turn.abort() : channel.postMessage({}));
  document.addEventListener("visibilitychange", show);
  (async () => {
    while (!end.signal.aborted) {
      await alone(name, async () => {
        if (end.signal.aborted) return;
        turn = new AbortController();
        await work(tell, turn.signal);
      }).catch(() => pause(1000));
    }
  })();
  show();
  return () => {
    end.abort();
    turn.abort();
    document.removeEventListener("visibilitychange", show);
    channel.close();
  };
}
