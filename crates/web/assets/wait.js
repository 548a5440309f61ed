// @ts-check
/**
 * The waiting page, live. The page works without it: it then loads itself again.
 *
 * One tab of a browser, the leader, hears the line's public document (the same for all, so a cache may answer) and asks for
 * the own place, which is also the sign that somebody is there; it tells the other tabs. The device's clock is never read.
 */
import * as model from "./wait/model.js";

/** A hidden page asks for the own place this often while its turn is near. */
const HIDDEN_MS = 15_000;
/** A stream that was refused is tried again after this time; beside a stream the document is heard this often. */
const STREAM_AGAIN_MS = 60_000;
const BESIDE_STREAM_MS = 10_000;
/** Questions for the own place while the turn is near: the first, and the longest time between two. */
const TURN_FIRST_MS = 1_500;
const TURN_MOST_MS = 10_000;
/** Long enough to hear and read that it is one's turn. */
const TURN_SHOWN_MS = 1_200;
/** A draw spreads its visitors over so long. */
const DRAW_MS = 10_000;

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);
const elapsed = () => performance.now();

/** @param {HTMLElement} page */
function wait(page) {
  const data = /** @type {Record<string, string>} */ (page.dataset);
  const { line, kind } = data;
  const texts = JSON.parse(byId("texts").textContent);
  const text = (/** @type {string} */ id, values = {}) => model.fill(texts["wait-" + id] ?? "", values);
  const lang = document.documentElement.lang;
  const number = new Intl.NumberFormat(lang);
  const clock = new Intl.DateTimeFormat(lang, { timeStyle: "medium", hourCycle: "h23", timeZone: "Asia/Seoul" });
  const { locks } = navigator;
  const channel = locks && "BroadcastChannel" in window ? new BroadcastChannel("onsale:" + line) : null;
  const put = (/** @type {string} */ id, /** @type {string} */ words) => {
    const element = byId(id);
    if (element && element.textContent !== words) element.textContent = words;
  };
  const place = {
    schedule: "/queue/status?scheduleId=" + line,
    gate: `/gate/events/${line.slice(5)}/rank`,
    site: "/queue/place/" + line,
  }[kind] ?? "";
  const streamOf = kind === "schedule" ? "/queue/stream?scheduleId=" : "/queue/stream/";

  let [ticket, rank, first] = [data.ticket, data.rank, data.from].map(Number);
  let { state, outlook = "" } = data;
  /** @type {model.Serving | null} */
  let doc = null;
  /** Server's milliseconds at 0 of `performance.now()`: what is heard is never younger than its time, so the greatest counts. */
  let offset = Number(data.now) - model.start();
  let heardAt = Number(data.now);
  let said = rank;
  let saidAt = 0;
  let done = false;
  let leads = false;

  const serverNow = () => elapsed() + offset;
  const near = () => !!doc && !!ticket && rank > 0 && model.isNear(doc, rank, ticket);
  const waitNow = () => (doc && ticket && rank ? model.waitOf(doc, rank, ticket) : null);

  // What is shown.

  function estimate() {
    const wait = waitNow();
    if (wait === null) return text("js-stopped");
    if (wait < 60) return text("js-soon");
    const n = Math.ceil(wait / 60);
    return n < 60 ? text("js-minutes", { n }) : text("js-hours", { h: Math.floor(n / 60), m: n % 60 });
  }

  function show() {
    if (!rank || !doc) return;
    const shown = number.format(rank);
    const hero = byId("rank");
    if (hero.textContent !== shown) {
      hero.textContent = shown;
      if (!matchMedia("(prefers-reduced-motion)").matches) hero.animate([{ transform: "translateY(.15em)", opacity: 0.4 }, {}], 240);
    }
    byId("progress").value = ((first - rank) * 100) / first;
    if (state !== "scheduled") put("estimate", state === "soldout" ? "" : estimate());
    const rate = doc.ratePerSecond;
    put("speed", rate && text(rate < 1 ? "js-speed-minute" : "js-speed", { n: number.format(Math.round(rate < 1 ? rate * 60 : rate)) }) || "");
    put("ahead", number.format(rank - 1));
    put("behind", number.format(Math.max(doc.waiting - rank, 0)));
    put("outlook", text("seats-" + outlook));
    document.title = `${shown} · ${byId("title").textContent}`;
    // Not each change, or nobody could listen.
    if (!model.isSaid(said, rank, elapsed() - saidAt)) return;
    [said, saidAt] = [rank, elapsed()];
    put("announcement", rank === 1 ? text("js-next") : `${shown}. ${byId("estimate").textContent}`);
  }

  /** @param {string} next */
  function become(next) {
    if (next === state) return;
    state = data.state = next;
    put("title", text("js-title-" + next));
    put("lead", text("js-lead-" + next));
    put("announcement", `${text("js-title-" + next)}. ${text("js-lead-" + next)}`);
  }

  function live(isLive = true) {
    if (isLive) heardAt = serverNow();
    const words = text(isLive ? "js-live" : "js-offline", { time: clock.format(heardAt) });
    // Said aloud once, and not each time that a try fails.
    if (!isLive && page.className !== "is-offline") put("announcement", words);
    page.className = isLive ? "is-live" : "is-offline";
    put("state", words);
  }

  // What is heard.

  /** @param {string} kind @param {any} news */
  function hear(kind, news) {
    if (done) return;
    if (kind === "doc") heard(news);
    else if (kind === "place") placed(news);
    else if (kind === "turn") turn();
    else if (kind === "left") leave({ look: 1 });
    else if (kind === "offline") live(false);
    else if (kind === "hidden" && !document.hidden) lead(true);
    else if (kind === "who" && leads && doc) tell("doc", doc);
  }

  /** @param {model.Serving} serving */
  function heard(serving) {
    doc = serving;
    offset = Math.max(offset, serving.now - elapsed());
    // A gate tells ranks alone.
    if (!ticket && rank) ticket = model.ticketOf(serving, rank);
    const next = model.stateOf(serving, rank && ticket);
    if (next === "over") return leave();
    if (next !== "drawing") rank = model.better(rank, model.rankOf(serving, ticket));
    else if (serving.state !== "DRAWING" && serving.state !== "SCHEDULED" && leads) asking.at(Math.random() * DRAW_MS);
    become(next);
    const words = serving.notice && (lang === "ko" ? serving.notice.ko ?? serving.notice.en : serving.notice.en ?? serving.notice.ko);
    put("words", words ?? "");
    byId("notice").hidden = !words;
    live();
    show();
  }

  /** @param {{ status: string, rank?: number, ticket?: number, returned?: string, outlook?: string }} place */
  function placed(place) {
    if (place.status === "ACTIVE") return turn();
    // Away for too long, with another ticket; drawn; or no place any more: this page's own address says what it is now.
    if (place.returned) return leave({ returned: place.returned, from: 0 });
    if (!["WAITING", "DRAWING"].includes(place.status) || (place.rank && !rank)) return leave();
    outlook = (place.outlook ?? "").toLowerCase();
    if (place.rank) {
      if (!place.ticket && doc) ticket = model.ticketOf(doc, place.rank, (serverNow() - doc.now) / 1000);
      rank = model.better(rank, place.rank);
    }
    live();
    show();
  }

  /** The server knows what comes next: this page's own address leads there. */
  function leave(values = {}) {
    if (done) return;
    done = true;
    end();
    model.open(data.here, values);
  }

  function turn() {
    if (done) return;
    done = true;
    tell("turn");
    end();
    become("turn");
    put("lead", "");
    put("estimate", text("js-entering"));
    put("announcement", (document.title = text("js-title-turn")) + ". " + text("js-entering"));
    signals?.then((module) => module.turn(text("js-title-turn"), text("js-entering")));
    setTimeout(model.open, TURN_SHOWN_MS, data.here);
  }

  // Asking.

  /** @param {string} url */
  async function ask(url) {
    const answer = await fetch(url);
    if (answer.status === 429 || answer.status >= 500) throw Number(answer.headers.get("Retry-After"));
    return { status: answer.status, body: await answer.json() };
  }

  /** Does something again and again: it says after how long, and a failure makes the time grow. @param {() => Promise<number>} run */
  function loop(run) {
    let timer = 0;
    let failures = 0;
    const at = (/** @type {number} */ ms) => {
      clearTimeout(timer);
      timer = window.setTimeout(go, ms);
    };
    async function go() {
      if (!leads || done) return;
      let next;
      try {
        next = await run();
        failures = 0;
      } catch (after) {
        failures += 1;
        next = model.backoffMs(failures, Number(after) || 0);
        tell("offline");
        live(false);
      }
      if (leads && !done) at(next);
    }
    return { at };
  }

  const hearing = loop(async () => {
    const { status, body } = await ask(`/queue/serving/${line}?ranges=32`);
    if (status === 200) pass("doc", body);
    else leave();
    follow();
    if (stream) return model.jittered(kind === "schedule" ? BESIDE_STREAM_MS : STREAM_AGAIN_MS);
    return model.hearMs(waitNow() ?? (rank <= model.STREAM_RANKS ? 100 : null));
  });

  let turnMs = TURN_FIRST_MS;
  const asking = loop(async () => {
    const { status, body } = await ask(place);
    if (status === 200) pass("place", body);
    else leave(status === 404 ? { look: 1 } : {});
    if (!near()) {
      turnMs = TURN_FIRST_MS;
      return model.jittered(model.PLACE_MS);
    }
    turnMs = Math.min(turnMs * 1.2, TURN_MOST_MS);
    return model.jittered(document.hidden ? HIDDEN_MS : turnMs);
  });

  // The stream: within the last minute, of the page that is seen, and given back for the turn itself: a browser has six
  // connections to a site, and what comes next needs one.
  /** @type {EventSource | null} */
  let stream = null;
  let refusedUntil = 0;
  let wasNear = false;

  function follow() {
    if (!leads || done) return;
    const isNear = near();
    if (isNear && !wasNear) asking.at(model.jittered(400));
    wasNear = isNear;
    const wants = channel && !isNear && !document.hidden && elapsed() >= refusedUntil && model.wantsStream(waitNow(), rank);
    if (!wants) return close();
    if (stream) return;
    stream = new EventSource(streamOf + line);
    stream.onmessage = ({ data }) => {
      const news = JSON.parse(data);
      pass(news.status ? "place" : "doc", news);
      follow();
    };
    stream.addEventListener("returned", () => leave({ returned: "LATE", from: 0 }));
    stream.addEventListener("end", () => leave({ look: 1 }));
    stream.onerror = () => {
      live(false);
      if (stream?.readyState !== EventSource.CLOSED) return;
      refusedUntil = elapsed() + model.jittered(STREAM_AGAIN_MS);
      close();
    };
  }

  function close() {
    if (!stream) return;
    stream.close();
    stream = null;
    if (leads) hearing.at(model.jittered(1000));
  }

  // Tabs.

  /** @type {AbortController | null} */
  let queued = null;

  const tell = (/** @type {string} */ kind, /** @type {unknown} */ news = null) => channel?.postMessage({ kind, news });

  /** @param {string} kind @param {unknown} news */
  function pass(kind, news) {
    tell(kind, news);
    hear(kind, news);
  }

  function begin() {
    leads = true;
    hearing.at(0);
    asking.at(model.jittered(model.PLACE_MS));
    if (document.hidden) tell("hidden");
  }

  function end() {
    leads = false;
    close();
  }

  /** @param {boolean} [steal] a page that is seen does not wait for the timers of one that is not */
  function lead(steal) {
    if (!channel) return leads || begin();
    queued?.abort();
    queued = steal ? null : new AbortController();
    const held = () => new Promise(() => done || begin());
    locks.request("onsale:" + line, queued ? { signal: queued.signal } : { steal: true }, held).catch(() => {
      if (!leads || done) return;
      end();
      lead();
    });
  }

  if (channel) channel.onmessage = ({ data: { kind, news } }) => hear(kind, news);
  tell("who");

  // What a person may switch on.

  /** @type {Promise<typeof import("./wait/signals.js")> | null} */
  let signals = null;
  byId("switches").onchange = async (/** @type {Event} */ { target }) => {
    signals ??= import("./wait/signals.js");
    (await signals).change(/** @type {HTMLInputElement} */ (target));
  };
  byId("screen").parentElement.hidden = !("wakeLock" in navigator);
  byId("bell").parentElement.hidden = !("Notification" in window);
  byId("switches").hidden = false;

  const soon = () => {
    if (!leads) return;
    follow();
    hearing.at(model.jittered(500));
    asking.at(model.jittered(document.hidden ? HIDDEN_MS : 500));
    if (document.hidden) tell("hidden");
  };
  addEventListener("online", soon);
  document.addEventListener("visibilitychange", () => (leads || document.hidden ? soon() : lead(true)));
  addEventListener("pagehide", () => stream?.close());
  // Shown again from the browser's memory: it may be one's turn by now.
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
  if (data.opens && ["drawing", "scheduled"].includes(state)) {
    import("./wait/again.js").then(({ countDown }) => {
      const left = (/** @type {string} */ time) => ["drawing", "scheduled"].includes(state) && put("estimate", text("js-opens", { time }));
      countDown(() => Number(data.opens) - serverNow(), left, soon);
    });
  }
  lead(!document.hidden);
}

wait(byId("wait"));
