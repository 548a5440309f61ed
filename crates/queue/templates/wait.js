// The waiting page, live: the line's public document is pushed, and the own rank worked out from it.
(() => {
  "use strict";
  const page = document.getElementById("wait");
  if (!page) return;
  const text = page.dataset;
  const line = encodeURIComponent(text.line);
  const ticket = Number(text.ticket);
  const number = new Intl.NumberFormat(document.documentElement.lang);
  // Milliseconds. Everybody waits a little differently, so that a crowd does not ask as one.
  const around = (ms) => ms * (0.75 + Math.random() * 0.5);
  const LOOK_MS = 30000;
  const TELL_MS = 30000;
  const POLL_MS = 4000;

  let rank = Number(text.rank);
  const first = Math.max(Number(text.from) || 0, rank);
  let rate = 0;
  let ticketRate = 0;
  let ticketsAhead = 0;
  let told = "";
  let leaving = false;
  let lookTimer = 0;
  let pollTimer = 0;
  let polling = false;

  const byId = (id) => document.getElementById(id);
  const fill = (pattern, values) => pattern.replace(/\{(\w)\}/g, (_, name) => values[name]);

  function estimate() {
    if (!(rate > 0)) return text.stopped;
    // Some of those ahead will not come to their turn; who was passed over stands before all numbers.
    const bySome = ticketsAhead > 0 && ticketRate > 0 ? ticketsAhead / ticketRate : Infinity;
    const seconds = Math.ceil(Math.min(rank / rate, bySome));
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

  // The server knows where to go: this page's own address leads there once it is the turn.
  function leave() {
    if (leaving) return;
    leaving = true;
    byId("estimate").textContent = text.entering;
    byId("heard").textContent = text.entering;
    const here = new URL(text.here, location.href);
    here.searchParams.set("from", String(first));
    location.replace(here.pathname + here.search);
  }

  // Own rank = ticket - serving - the numbers given up below the ticket. A rank that was shown never gets worse.
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
      look(around(400));
    } else {
      rank = Math.min(rank, ahead);
    }
    show();
    state("live");
  }

  function look(afterMs) {
    clearTimeout(lookTimer);
    lookTimer = setTimeout(askPlace, afterMs);
  }

  async function askPlace() {
    let nextMs = around(LOOK_MS);
    try {
      const answer = await fetch("/queue/place/" + line, { cache: "no-store", credentials: "same-origin" });
      // Let in; or not known any more, and then this page's address enters again.
      if (answer.status === 401 || answer.status === 404) return leave();
      if (answer.ok) {
        const place = await answer.json();
        if (place.status === "ACTIVE") return leave();
        rank = Math.min(rank, place.rank);
        show();
      } else {
        nextMs = around(1000 * (Number(answer.headers.get("Retry-After")) || 5) + 2000);
      }
    } catch {
      state("offline");
    }
    look(nextMs);
  }

  async function poll() {
    try {
      const answer = await fetch("/queue/serving/" + line, { credentials: "same-origin" });
      if (answer.ok) follow(await answer.json());
      else state("offline");
    } catch {
      state("offline");
    }
    if (polling) pollTimer = setTimeout(poll, around(POLL_MS));
  }

  function pollFrom(afterMs) {
    polling = true;
    clearTimeout(pollTimer);
    pollTimer = setTimeout(poll, afterMs);
  }

  // A question under way must not begin it anew.
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
      // Refused for good, and not only broken off: poll, and try again later.
      if (source.readyState === EventSource.CLOSED) {
        pollFrom(around(1000));
        setTimeout(() => {
          stopPolling();
          stream();
        }, around(60000));
      }
    };
  }

  // Not at each change: nobody can listen to a number every second.
  function tell() {
    const now = number.format(rank) + ". " + byId("estimate").textContent;
    if (now !== told) byId("heard").textContent = told = now;
    setTimeout(tell, TELL_MS);
  }

  window.addEventListener("online", () => look(around(500)));
  // Back from another page by the browser's own memory: the turn may have come meanwhile.
  window.addEventListener("pageshow", (shown) => {
    if (shown.persisted) location.reload();
  });
  look(around(LOOK_MS));
  setTimeout(tell, TELL_MS);
  stream();
})();
