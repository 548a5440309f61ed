// Live updates of the waiting page: the server pushes the line's public document, and the page computes the own rank from it.
(() => {
  "use strict";
  const page = document.getElementById("wait");
  if (!page) return;
  const text = page.dataset;
  const line = encodeURIComponent(text.line);
  const ticket = Number(text.ticket);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  // Returns a random delay near ms milliseconds, so that a crowd does not send its requests at the same time.
  const jittered = (ms) => ms * (0.75 + Math.random() * 0.5);
  const CHECK_MS = 30000;
  const ANNOUNCE_MS = 30000;
  const POLL_MS = 4000;

  let rank = Number(text.rank);
  const first = Math.max(Number(text.from) || 0, rank);
  let rate = 0;
  let ticketRate = 0;
  let ticketsAhead = 0;
  let announced = "";
  let leaving = false;
  let checkTimer = 0;
  let pollTimer = 0;
  let polling = false;

  const byId = (id) => document.getElementById(id);
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
  function leave() {
    if (leaving) return;
    leaving = true;
    byId("estimate").textContent = text.entering;
    byId("announcement").textContent = text.entering;
    const here = new URL(text.here, location.href);
    here.searchParams.set("from", String(first));
    location.replace(here.pathname + here.search);
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
    if (ahead < 1) {
      rank = 1;
      scheduleCheck(jittered(400));
    } else {
      rank = Math.min(rank, ahead);
    }
    show();
    state("live");
  }

  function scheduleCheck(afterMs) {
    clearTimeout(checkTimer);
    checkTimer = setTimeout(checkPosition, afterMs);
  }

  async function checkPosition() {
    let nextMs = jittered(CHECK_MS);
    try {
      const answer = await fetch("/queue/place/" + line, { cache: "no-store", credentials: "same-origin" });
      // Admitted, or not known any more: this page's own address then redirects, or enters the line again.
      if (answer.status === 401 || answer.status === 404) return leave();
      if (answer.ok) {
        const position = await answer.json();
        // Admitted; or away for too long, with another ticket: this page's own address then shows it.
        if (position.status === "ACTIVE" || position.returned) return leave();
        rank = Math.min(rank, position.rank);
        show();
      } else {
        nextMs = jittered(1000 * (Number(answer.headers.get("Retry-After")) || 5) + 2000);
      }
    } catch {
      state("offline");
    }
    scheduleCheck(nextMs);
  }

  async function poll() {
    try {
      const answer = await fetch("/queue/serving/" + line, { credentials: "same-origin" });
      if (answer.ok) follow(await answer.json());
      else state("offline");
    } catch {
      state("offline");
    }
    if (polling) pollTimer = setTimeout(poll, jittered(POLL_MS));
  }

  function pollFrom(afterMs) {
    polling = true;
    clearTimeout(pollTimer);
    pollTimer = setTimeout(poll, afterMs);
  }

  // Also keeps a running request from scheduling the next one.
  function stopPolling() {
    polling = false;
    clearTimeout(pollTimer);
  }

  function stream() {
    if (!("EventSource" in window)) return pollFrom(0);
    const source = new EventSource("/queue/stream/" + line);
    source.onmessage = (message) => follow(JSON.parse(message.data));
    source.onopen = () => {
      stopPolling();
      state("live");
    };
    source.onerror = () => {
      state("offline");
      // The stream was refused, not only interrupted: poll, and try again later.
      if (source.readyState === EventSource.CLOSED) {
        pollFrom(jittered(1000));
        setTimeout(() => {
          stopPolling();
          stream();
        }, jittered(60000));
      }
    };
  }

  // Announces the rank to screen readers, not at each change: a new number every second would be unusable.
  function announce() {
    const now = number.format(rank) + ". " + byId("estimate").textContent;
    if (now !== announced) byId("announcement").textContent = announced = now;
    setTimeout(announce, ANNOUNCE_MS);
  }

  window.addEventListener("online", () => scheduleCheck(jittered(500)));
  // The browser restored the page from its cache: the visitor may be admitted by now.
  window.addEventListener("pageshow", (shown) => {
    if (shown.persisted) location.reload();
  });
  scheduleCheck(jittered(CHECK_MS));
  setTimeout(announce, ANNOUNCE_MS);
  stream();
})();
