// @ts-check
// The page of a coupon, live: a countdown by the server's clock, the stock, one button. The page works without it.
import { announce, ask, clockEvery, clockText, comeback, newKey, number, renew, say, setClock } from "./core.js";

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);
const page = byId("main");
const { campaign, gated } = page.dataset;
/** Before this the opening is a date. */
const SOON_MS = 48 * 3_600_000;
/** One press, one key: however often it is sent again. */
let key = newKey();
let timer = 0;

/** The state as it is now. The button stays where it is, and a person's answer stays in its place. @param {any} data */
function show({ status, remaining_stock: left, opens_at: opens }) {
  const take = byId("take");
  const isOpen = status === "active";
  if (page.dataset.state !== status) {
    page.dataset.state = status;
    if (!gated || !isOpen) byId("line").textContent = say("coupon-js-line-" + status);
    if (take && !gated) {
      take.textContent = say(isOpen ? "coupon-js-take" : "coupon-js-wait-" + status);
      take.ariaDisabled = String(!isOpen);
      announce(take.textContent);
    }
    byId("opens")?.remove();
  }
  if (status === "scheduled") return opens && until();
  byId("label").textContent = say("coupon-js-label-" + status);
  byId("count").textContent = number(left);
}

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  const { ok, data } = await ask("GET", "/api/v1/coupons/status/" + campaign, { tries: 2 });
  if (ok) show(data);
  // Two seconds while it matters, else half a minute; a quarter more or less, so that a crowd is spread.
  const isCalm = !ok || /closed|scheduled/.test(page.dataset.state);
  timer = setTimeout(look, (isCalm ? 30000 : 2000) * (0.75 + Math.random() / 2));
}

let counting = false;

function until() {
  const count = byId("count");
  if (counting || !count.dataset.until) return;
  counting = true;
  // Days are no time of a clock: so far ahead the date below says when.
  setClock().then(() => clockEvery(count, (left) => (count.textContent = left > SOON_MS ? "–" : clockText(left))));
  // The button goes on at once, by the server's clock; the server has the last word.
  count.addEventListener("due", () => {
    show({ status: "active", remaining_stock: NaN });
    count.textContent = "–";
    timer = setTimeout(look, 2000);
  });
}

/** The answer takes the button's place, and the focus. @param {string} code @param {any} [values] */
function answer(code, values) {
  const box = byId("said").content.firstElementChild.cloneNode(true);
  const [title, text, next] = box.children;
  const isGood = code.endsWith("ISSUED");
  box.dataset.code = code;
  box.classList.add(isGood ? "is-good" : "is-warn");
  title.textContent = say("coupon-js-" + code);
  text.textContent = say(`coupon-js-${code}-text`, values);
  if (isGood || code === "SOLD_OUT" || code === "CLOSED") next.remove();
  else if (code === "NOT_ADMITTED") [next.href, next.textContent] = [gated, say("coupon-gated-go")];
  else next.onclick = press;
  byId("act").replaceChildren(box);
  box.focus();
  // What is not known yet is asked for again under the same key.
  if (code !== "AWAY") key = newKey();
}

let isSending = false;

/** @param {Event} event */
async function press(event) {
  event.preventDefault();
  const take = byId("take") ?? byId("next");
  if (isSending || take.ariaDisabled === "true") return;
  isSending = true;
  take.textContent = say("coupon-js-sending");
  const onWait = () => (byId("line").textContent = say("coupon-js-busy"));
  const { status, data } = await ask("POST", "/api/v1/coupons/issue", { body: { event_id: campaign }, key, onWait });
  isSending = false;
  // Where coupons are given without an account, too, the call of somebody unknown lacks a user: 400.
  const isUnknown = status === 401 || (status === 400 && !(await renew()));
  if (isUnknown) location.assign(`/login?returnUrl=${location.pathname}%3Fown=1`);
  else if (status === 200) answer(data.code, { serial: data.serial });
  else answer(!status || status === 429 || status >= 500 ? "AWAY" : "REFUSED");
  look();
}

byId("act").querySelector("form")?.addEventListener("submit", press);
until();
comeback(look);
timer = setTimeout(look, 2000);
