// Live updates of the waiting page: the server pushes the line's public document, and the page computes the own rank from it.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);

  // Opens an address of this site. The fragment belongs to the address that the visitor asked for: only the browser knows
  // it, and carries it on from here.
  function open(address) {
    const to = new URL(address, location.href);
    to.hash = location.hash;
    if (to.href === location.href) location.reload();
    else location.replace(to.href);
  }

  // A page without a rank: it only tries again.
  function tryAgain(main) {
    const { again, after } = main.dataset;
    if (Number(after) > 0) setTimeout(() => open(again), Number(after) * 1000);
    main.querySelector("a.again").addEventListener("click", (click) => {
      click.preventDefault();
      open(again);
    });
  }

  const page = byId("wait");
  if (!page) {
    const main = document.querySelector("main[data-again]");
    if (main) tryAgain(main);
    return;
  }
  const text = page.dataset;
  const line = encodeURIComponent(text.line);
  const ticket = Number(text.ticket);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  // Returns a random delay near ms milliseconds, so that a crowd does not send its requests at the same time.
  const jittered = (ms) => ms * (0.75 + Math.random() * 0.5);
  const CHECK_MS = 30000;
  const HIDDEN_CHECK_MS = 15000;
  const ANNOUNCE_MS = 30000;
  const POLL_MS = 4000;
  // The turn is near when it comes within this time.
  const NEAR_SECONDS = 3;
  const NEAR_CHECK_MS = 1500;
  const NEAR_CHECK_MAX_MS = 10000;

  let rank = Number(text.rank);
  const first = Math.max(Number(text.from) || 0, rank);
  let rate = 0;
  let ticketRate = 0;
  let ticketsAhead = 0;
  let near = false;
  let nearCheckMs = NEAR_CHECK_MS;
  let announced = "";
  let leaving = false;
  let checkTimer = 0;

  const fill = (pattern, values) => pattern.replace(/\{(\w)\}/g, (_, name) => values[name]);

  function estimate() {
    if (!(rate > 0)) return text.stopped;
    // Some visitors ahead give up their tickets. The ticket of a visitor who was passed over is not above `serving`.
    const byTickets = ticketsAhead > 0 && ticketRate > 0 ? ticketsAhead / ticketRate : Infinity;
    const seconds = Math.ceil(Math.min(rank / rate, byTickets));
    const minutes = Math.ceil(seconds / 60);
    if (seconds < 60) return text.soon;
    if (minutes < 60) return fill(text.minutes, { n: minutes });
    return fill(text.hours, { h: Math.floor(minutes / 60), m: minutes % 60 });
  }

  function show() {
    const shown = number.format(rank);
    byId("rank").textContent = shown;
    byId("progress").value = Math.floor(((first - rank) * 100) / Math.max(first, 1));
    byId("estimate").textContent = estimate();
    document.title = shown + " · " + text.title;
  }

  function state(name) {
    page.className = name === "live" ? "is-live" : "is-offline";
    byId("state").textContent = text[name];
  }

  // The server knows the next address: this page's own address redirects there after admission.
  // `returned`: this is no turn, but a new position after too long an absence, which the page then says.
  function leave(returned) {
    if (leaving) return;
    leaving = true;
    source.stop();
    const here = new URL(text.here, location.href);
    if (returned) {
      here.searchParams.set("returned", returned);
    } else {
      byId("estimate").textContent = text.entering;
      byId("announcement").textContent = text.entering;
    }
    here.searchParams.set("from", String(returned ? 0 : first));
    open(here.href);
  }

  // Own rank = ticket - serving - the tickets given up below the own ticket. A rank on the page never gets worse.
  function follow(serving) {
    rate = serving.ratePerSecond;
    ticketRate = serving.ticketsPerSecond;
    ticketsAhead = ticket - serving.serving;
    let ahead = ticketsAhead;
    for (const [from, to] of serving.left) {
      if (from < ticket) ahead -= Math.min(to, ticket - 1) - from + 1;
    }
    rank = ahead < 1 ? 1 : Math.min(rank, ahead);
    comesNear(ahead < 1);
    show();
    state("live");
  }

  // When the turn is near, the stream is given back: a browser has six connections to a site, and the question for the own
  // place, and then the site, need one. The own place is asked for often instead.
  function comesNear(isServed) {
    const was = near;
    near = isServed || (rate > 0 && rank / rate < NEAR_SECONDS);
    if (!near) nearCheckMs = NEAR_CHECK_MS;
    if (near && !was) scheduleCheck(jittered(400));
    if (near) source.giveBack();
  }

  function scheduleCheck(afterMs) {
    clearTimeout(checkTimer);
    checkTimer = setTimeout(checkPosition, afterMs);
  }

  function nextCheckMs() {
    if (!near) return jittered(document.hidden ? HIDDEN_CHECK_MS : CHECK_MS);
    nearCheckMs = Math.min(nearCheckMs * 1.2, NEAR_CHECK_MAX_MS);
    return jittered(nearCheckMs);
  }

  async function checkPosition() {
    let nextMs = nextCheckMs();
    try {
      const answer = await fetch("/queue/place/" + line, { cache: "no-store", credentials: "same-origin" });
      // Admitted, or not known any more: this page's own address then redirects, or enters the line again.
      if (answer.status === 401 || answer.status === 404) return leave();
      if (answer.ok) {
        const position = await answer.json();
        if (position.status === "ACTIVE") {
          source.tell("turn");
          return leave();
        }
        // Away for too long, with another ticket: this page's own address then shows it.
        if (position.returned) return leave(position.returned);
        rank = Math.min(rank, position.rank);
        // Admission was stopped: no turn is near any more.
        if (near && position.estimatedWaitTime === null) {
          rate = 0;
          near = false;
          nearCheckMs = NEAR_CHECK_MS;
        }
        show();
      } else {
        nextMs = jittered(1000 * (Number(answer.headers.get("Retry-After")) || 5) + 2000);
      }
    } catch {
      state("offline");
    }
    if (!leaving) scheduleCheck(nextMs);
  }

  // Where documents come from: one tab of the browser, the leader, gets them by a stream (or by polling, where it gets none)
  // and passes them on to the others. A tab that is hidden, or whose turn is near, does not lead.
  const source = (() => {
    const BEAT_MS = 2000;
    const SILENT_MS = 5000;
    const channel = "BroadcastChannel" in window ? new BroadcastChannel("onsale:" + text.line) : null;
    const me = Math.random();
    let stream = null;
    let leads = false;
    let stopped = false;
    let heardAt = -SILENT_MS;
    let pollTimer = 0;
    let streamTimer = 0;
    let latest = null;

    const tell = (kind, serving) => channel && channel.postMessage({ kind, me, serving });

    function pass(serving) {
      latest = serving;
      tell("document", serving);
      follow(serving);
    }

    async function poll() {
      try {
        const answer = await fetch("/queue/serving/" + line, { credentials: "same-origin" });
        const serving = answer.ok ? await answer.json() : null;
        if (leads && serving) pass(serving);
        else if (leads) state("offline");
      } catch {
        state("offline");
      }
      if (leads && !stream) pollFrom(jittered(POLL_MS));
    }

    function pollFrom(afterMs) {
      clearTimeout(pollTimer);
      pollTimer = setTimeout(poll, afterMs);
    }

    function openStream() {
      // Without a channel each tab would have a stream of its own, and six of them all connections.
      if (!channel || !("EventSource" in window)) return pollFrom(0);
      stream = new EventSource("/queue/stream/" + line);
      stream.onmessage = (message) => pass(JSON.parse(message.data));
      // Away for too long, with another ticket: this page's own address then shows it.
      stream.addEventListener("returned", (message) => leave(JSON.parse(message.data).returned));
      stream.onopen = () => state("live");
      stream.onerror = () => {
        state("offline");
        // The stream was refused, not only interrupted: poll, and try again later.
        if (stream && stream.readyState === EventSource.CLOSED) {
          stream = null;
          pollFrom(jittered(1000));
          streamTimer = setTimeout(openStream, jittered(60000));
        }
      };
    }

    function endLead() {
      clearTimeout(pollTimer);
      clearTimeout(streamTimer);
      if (stream) stream.close();
      stream = null;
      leads = false;
    }

    function lead() {
      const isHeard = performance.now() - heardAt < SILENT_MS;
      if (leads || stopped || near || document.hidden || isHeard) return;
      leads = true;
      tell("lead");
      openStream();
    }

    function giveBack() {
      if (!leads) return;
      endLead();
      tell("bye");
    }

    function hear({ data }) {
      if (data.kind === "turn") return leave();
      if (data.kind === "who") return leads && tell("document", latest);
      if (data.kind === "bye") {
        heardAt = -SILENT_MS;
        setTimeout(lead, 100 + Math.random() * 400);
        return;
      }
      // Two lead at once: the one with the lower number goes on.
      if (leads && me < data.me) return tell("lead");
      if (leads) endLead();
      heardAt = performance.now();
      if (data.serving) follow(data.serving);
    }

    function start() {
      if (channel) channel.onmessage = hear;
      tell("who");
      // A leader answers at once.
      setTimeout(lead, channel ? 150 + Math.random() * 150 : 0);
      setInterval(() => (leads ? tell("lead") : lead()), BEAT_MS);
    }

    function stop() {
      stopped = true;
      giveBack();
    }

    return { start, stop, giveBack, lead, tell };
  })();

  // Announces the rank to screen readers, not at each change: a new number every second would be unusable.
  function announce() {
    const now = number.format(rank) + ". " + byId("estimate").textContent;
    if (now !== announced) byId("announcement").textContent = announced = now;
    setTimeout(announce, ANNOUNCE_MS);
  }

  window.addEventListener("online", () => scheduleCheck(jittered(500)));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source.giveBack();
    else source.lead();
    scheduleCheck(jittered(document.hidden ? HIDDEN_CHECK_MS : 500));
  });
  window.addEventListener("pagehide", () => source.giveBack());
  // The browser restored the page from its cache: the visitor may be admitted by now.
  window.addEventListener("pageshow", (shown) => {
    if (shown.persisted) location.reload();
  });
  scheduleCheck(jittered(CHECK_MS));
  setTimeout(announce, ANNOUNCE_MS);
  source.start();
})();
