// @ts-check
// The page of a payment: time by the server's clock, the window, and asking the server until it has decided. Without it forms do the same.
import { announce, anew, ask, clockEvery, clockText, pause, say } from "./core.js";
import { loopWaitMs, timeStep, timeWords } from "./pay/rules.js";

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const page = main.dataset;
const here = `/pay/${page.reservation}`;
const said = /** @type {HTMLElement} */ (document.getElementById("said"));

/** Shows and says something. @param {string} id @param {Record<string, string | number>} [values] */
function tell(id, values) {
  said.textContent = say(`pay-js-${id}`, values);
  said.hidden = false;
  announce(said.textContent);
}

/** The server says how it stands: this page is asked for anew, without what the window has added. */
const show = () => location.replace(here);

/** Milliseconds that are left of the hold; 0 where none runs. */
let leftMs = Number(page.leftMs ?? 0);
const clock = document.getElementById("clock");
if (clock && leftMs > 0) count(clock);
/** @type {AbortController | undefined} */
let asking;
// Back from the window by the back button.
anew();

/** @param {HTMLElement} element */
function count(element) {
  element.dataset.until = String(Number(document.documentElement.dataset.now) + leftMs);
  element.hidden = false;
  element.setAttribute("role", "timer");
  let told = timeStep(leftMs);
  element.addEventListener("due", () => {
    tell("over");
    // The window may be open, or the server deciding: what came in time still counts, and the server knows.
    setTimeout(show, 1500);
  });
  clockEvery(element, (rest) => {
    leftMs = rest;
    element.textContent = clockText(rest);
    element.classList.toggle("is-late", rest < 60000);
    const step = timeStep(rest);
    if (step < told && step > 0) announce(timeWords(step, (id, values) => say(`pay-js-${id}`, values)));
    told = step;
  });
}

// ---- ready

const coupon = /** @type {HTMLSelectElement | null} */ (document.getElementById("coupon"));
coupon?.addEventListener("change", price);
if (coupon) price();

function price() {
  const chosen = coupon?.selectedOptions[0]?.dataset ?? {};
  const won = (/** @type {string | undefined} */ amount) => say("pay-js-won", { amount: Number(amount ?? 0) });
  const [press, amount, discount] = ["press", "amount", "discount"].map((id) => document.getElementById(id));
  if (press) press.textContent = say("pay-js-amount", { amount: won(chosen.payable) });
  if (amount) amount.textContent = won(chosen.payable);
  const line = discount?.querySelector("dd");
  if (discount && line) {
    discount.hidden = !Number(chosen.discount);
    line.textContent = `−${won(chosen.discount)}`;
  }
}

for (const form of document.querySelectorAll("#pay, #again")) {
  form.addEventListener("submit", (event) => {
    if (page.sdk && form.id === "again") {
      event.preventDefault();
      return void openWindow();
    }
    // The server, not the button, makes a second press harmless; this only says that the first was heard.
    if (form.getAttribute("aria-busy")) event.preventDefault();
    form.setAttribute("aria-busy", "true");
    tell("starting");
  });
}

// ---- the provider's script, which opens its window in this page

if (page.sdk && page.open && page.state === "window") {
  history.replaceState(null, "", here);
  void openWindow();
}

async function openWindow() {
  if (main.getAttribute("aria-busy")) return;
  main.setAttribute("aria-busy", "true");
  tell("window");
  if (!(await load(page.sdk ?? "").then(() => true, () => false))) {
    // Nothing was opened, so nothing was paid.
    main.removeAttribute("aria-busy");
    return tell("unloaded");
  }
  try {
    const { PortOne } = /** @type {any} */ (window);
    const answer = await PortOne.requestPayment({
      storeId: page.store,
      channelKey: page.channel,
      paymentId: page.key,
      orderName: page.show,
      totalAmount: Number(page.amount),
      currency: "KRW",
      payMethod: "CARD",
      windowType: { pc: "IFRAME", mobile: "REDIRECTION" },
      redirectUrl: new URL(page.back ?? here, location.href).href,
    });
    if (answer?.code === undefined && answer?.txId) return location.replace(`${here}?${new URLSearchParams({ paymentId: page.key ?? "", transactionId: answer.txId })}`);
    tell("closed");
  } catch {
    // The window may have done its work before it failed: only the server knows.
    const isAsked = main.dataset.state === "unknown";
    unknown(500);
    if (!isAsked) void follow();
  }
  main.removeAttribute("aria-busy");
}

/** A function, for the window that opens at once is opened above. @param {string} address */
function load(address) {
  return new Promise((done, fail) => {
    if ("PortOne" in window) return done(undefined);
    const script = document.createElement("script");
    script.crossOrigin = "anonymous";
    script.src = address;
    script.onload = done;
    script.onerror = fail;
    document.head.append(script);
  });
}

// ---- confirming, and what nobody knows yet

if (page.state === "confirming") void confirm();
else if (page.state === "unknown" || page.state === "paid") void follow();

/** The window says that it was paid: the server decides. A try that ends without an answer may be made again. */
async function confirm() {
  asking = new AbortController();
  const { reservation: reservationId, payment: paymentId, key: paymentKey, transaction: transactionId } = page;
  const body = { reservationId, paymentId, paymentKey, transactionId, amount: Number(page.amount) };
  const key = `confirm-${paymentId}-${transactionId}`.slice(0, 255);
  tell("confirming");
  for (let tried = 0; leftMs > 0; tried += 1) {
    const answer = await ask("POST", "/payments/confirm", { body, key, tries: 1, signal: asking.signal }).catch(() => null);
    if (!answer) return;
    if (answer.ok && answer.data?.status === "SUCCESS") return paid();
    // FAILED, decided before, or refused: the server's page says what that means.
    if (answer.ok && answer.data?.status === "FAILED") return show();
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return show();
    unknown(answer.status);
    await pause(loopWaitMs(tried, answer.headers.get("Retry-After")), asking.signal);
    if (await isDecided()) return;
  }
  // After the hold's end nobody confirms any more: what came in time still counts, and the server looks by itself.
  void follow();
}

function paid() {
  main.dataset.state = "paid";
  tell("paid");
  void follow();
}

/** @param {number} status */
function unknown(status) {
  main.dataset.state = "unknown";
  tell(status === 0 ? "offline" : "unknown");
}

/** Asks until it is decided. */
async function follow() {
  for (let tried = 0; ; tried += 1) {
    if (await isDecided()) return;
    await pause(loopWaitMs(tried, null));
  }
}

/** Whether there is another page to show by now; then it is asked for. */
async function isDecided() {
  const answer = await ask("GET", `/reservations/${page.reservation}`, { tries: 1 });
  if (answer.status === 0) tell("offline");
  if (answer.status === 401) return show(), true;
  if (answer.data?.status === "CONFIRMED") return tell("paid"), location.replace(`/me/tickets/${page.reservation}`), true;
  const payment = page.payment ? await ask("GET", `/payments/${page.payment}`, { tries: 1 }) : null;
  const isOver = answer.data?.status === "CANCELLED" && payment?.data?.status !== "PENDING";
  if (isOver || payment?.data?.status === "FAILED") return show(), true;
  return false;
}
