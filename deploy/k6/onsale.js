// Shared by the scripts: the address of the server, the keys, and the way of one user through the line.

import { check, fail, sleep } from 'k6';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

export const BASE_URL = (__ENV.BASE_URL || 'http://127.0.0.1:8080').replace(/\/+$/, '');
export const EVENT_ID = __ENV.EVENT_ID || 'k6-sale';

/// Reads a whole number from the environment; it must be at least `least`.
export function whole(name, otherwise, least = 1) {
  const text = __ENV[name];
  if (text === undefined || text === '') return otherwise;
  if (!/^\d+$/.test(text) || Number(text) < least) fail(`${name}=${text}: must be a whole number, at least ${least}`);
  return Number(text);
}

export const STOCK = whole('STOCK', 500);
export const POLL_SECONDS = whole('POLL_MS', 3000, 10) / 1000;
/// Longest acceptable wait: the thresholds of the scripts check it, and users stop polling after it.
export const WAIT_SECONDS_MAX = whole('WAIT_SECONDS_MAX', 600);

/// Milliseconds from queueing to admission.
export const waitingTime = new Trend('waiting_time', true);
/// Whether a user got an outcome.
export const answered = new Rate('answered');
/// Users who got a coupon.
export const issued = new Counter('issued');
/// Users who heard that no coupon is left.
export const soldOut = new Counter('sold_out');
/// Ranks that were worse than an earlier rank of the same user.
export const worseRanks = new Counter('worse_ranks');

/// Thresholds of every script: each user gets an outcome, no request fails, and no rank gets worse.
export const GATE_THRESHOLDS = {
  answered: ['rate==1'],
  checks: ['rate==1'],
  http_req_failed: ['rate==0'],
  issued: [`count<=${STOCK}`],
  waiting_time: [`max<${WAIT_SECONDS_MAX * 1000}`],
  worse_ranks: ['count==0'],
};

function request(key) {
  const headers = { 'Content-Type': 'application/json' };
  if (key) headers['X-Api-Key'] = key;
  // Metric names contain no campaigns or users, because there are too many of them.
  return (name) => ({ headers, tags: { name } });
}

const ofPerson = request(__ENV.API_KEY);
const ofAdministrator = request(__ENV.ADMIN_KEY);

/// With an administrator's key: creates and opens the campaign. An existing campaign is used as it is.
export function prepare(gated) {
  if (__ENV.ADMIN_KEY) {
    const campaign = {
      event_id: EVENT_ID,
      name: 'k6',
      stock: STOCK,
      per_user_limit: 1,
      gated,
      discount: { type: 'percent', value: 10 },
    };
    const path = `${BASE_URL}/api/v1/admin/campaigns`;
    const there = { responseCallback: http.expectedStatuses(201, 409) };
    const made = http.post(path, JSON.stringify(campaign), { ...ofAdministrator('make'), ...there });
    if (made.status !== 201 && made.status !== 409) fail(`${EVENT_ID} was not created: ${made.status} ${made.body}`);
    if (made.status === 201) {
      const opened = http.post(`${path}/${EVENT_ID}/open`, null, ofAdministrator('open'));
      if (opened.status !== 200) fail(`${EVENT_ID} was not opened: ${opened.status} ${opened.body}`);
    }
  }
  // Different runs have different users.
  return { run: __ENV.RUN || Date.now().toString(36) };
}

/// Returns the JSON of a response, or null if the status is not 200 or the body is not JSON.
function jsonOf(response, what) {
  const is200 = check(response, { [`${what}: 200`]: (r) => r.status === 200 });
  if (!is200) return null;
  try {
    return response.json();
  } catch (error) {
    return null;
  }
}

/// One user: queues, polls until admission, requests the coupon. Returns the outcome, or null if there was none.
export function goThroughGate(user) {
  const gate = `${BASE_URL}/gate/events/${EVENT_ID}`;
  const startedAt = Date.now();
  const entry = jsonOf(http.post(`${gate}/enqueue?userId=${user}`, null, ofPerson('enqueue')), 'enqueue');
  const outcome = entry && entry.status === 'SOLD_OUT' ? 'SOLD_OUT' : entry && waitAtGate(gate, user, entry.rank, startedAt);
  answered.add(Boolean(outcome));
  count(outcome);
  return outcome;
}

function count(outcome) {
  if (outcome === 'ISSUED') issued.add(1);
  if (outcome === 'SOLD_OUT') soldOut.add(1);
}

function waitAtGate(gate, user, rankAtEntry, startedAt) {
  let rank = rankAtEntry;
  while (Date.now() - startedAt < WAIT_SECONDS_MAX * 1000) {
    const position = jsonOf(http.get(`${gate}/rank?userId=${user}`, ofPerson('rank')), 'rank');
    if (!position) return null;
    switch (position.status) {
      case 'ACTIVE':
        waitingTime.add(Date.now() - startedAt);
        return askForCoupon(user);
      case 'ISSUED':
      case 'SOLD_OUT':
        waitingTime.add(Date.now() - startedAt);
        return position.status;
      case 'WAITING':
        if (position.rank > rank) worseRanks.add(1);
        rank = position.rank;
        break;
      case 'PROCESSING':
        break;
      default:
        return null;
    }
    // Up to 20 % longer or shorter, so that the users do not all poll at the same time.
    sleep(POLL_SECONDS * (0.8 + 0.4 * Math.random()));
  }
  return null;
}

function askForCoupon(user) {
  const answer = jsonOf(http.post(`${BASE_URL}/issue/events/${EVENT_ID}?userId=${user}`, null, ofPerson('issue')), 'issue');
  switch (answer && answer.result) {
    case 'SUCCESS':
    case 'ALREADY_ISSUED':
      return 'ISSUED';
    case 'OUT_OF_STOCK':
      return 'SOLD_OUT';
    default:
      return null;
  }
}

/// Makes and opens the campaign by the short form. Returns what the server says of it.
export function initialize() {
  const path = `${BASE_URL}/api/v1/admin/events/${EVENT_ID}/stock?initial_stock=${STOCK}`;
  const said = jsonOf(http.post(path, null, ofAdministrator('initialize')), 'initialize');
  return (said && said.message) || '';
}

/// One user requests a coupon of a campaign without a gate. Returns the code of the decision, and its message.
export function askDirectly(user) {
  const body = JSON.stringify({ user_id: user, event_id: EVENT_ID });
  const decision = jsonOf(http.post(`${BASE_URL}/api/v1/coupons/issue`, body, ofPerson('coupon')), 'coupon');
  const code = decision && decision.code;
  const isDecided = check(code, { 'coupon: decided': (c) => ['ISSUED', 'ALREADY_ISSUED', 'SOLD_OUT'].includes(c) });
  answered.add(isDecided);
  count(code);
  return { code, message: (decision && decision.message) || '' };
}

/// Returns the status of the campaign at the end.
export function status() {
  return jsonOf(http.get(`${BASE_URL}/api/v1/coupons/status/${EVENT_ID}`, ofPerson('status')), 'status');
}
