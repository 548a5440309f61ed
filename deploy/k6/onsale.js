// What the scripts share: where the server is, who asks, and how somebody goes through the line.

import { check, fail, sleep } from 'k6';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';

export const BASE_URL = (__ENV.BASE_URL || 'http://127.0.0.1:8080').replace(/\/+$/, '');
export const EVENT_ID = __ENV.EVENT_ID || 'k6-sale';

/// A whole number of the environment, from `least` on.
export function whole(name, otherwise, least = 1) {
  const text = __ENV[name];
  if (text === undefined || text === '') return otherwise;
  if (!/^\d+$/.test(text) || Number(text) < least) fail(`${name}=${text}: a whole number from ${least} on is wanted`);
  return Number(text);
}

export const STOCK = whole('STOCK', 500);
export const POLL_SECONDS = whole('POLL_MS', 3000, 10) / 1000;
/// Nobody should wait for longer: the scripts' thresholds say so, and nobody polls for longer.
export const WAIT_SECONDS_MAX = whole('WAIT_SECONDS_MAX', 600);

/// Milliseconds from queueing to being let in.
export const waitingTime = new Trend('waiting_time', true);
/// Whether a person heard what came of it.
export const answered = new Rate('answered');
/// People who got a coupon.
export const issued = new Counter('issued');
/// Ranks that were worse than one shown before.
export const worseRanks = new Counter('worse_ranks');

/// Holds for every script: everybody is answered, by a server that is well, and no rank gets worse.
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
  // Campaigns and people are no part of a metric's name: there are too many of them.
  return (name) => ({ headers, tags: { name } });
}

const ofPerson = request(__ENV.API_KEY);
const ofAdministrator = request(__ENV.ADMIN_KEY);

/// Makes and opens the campaign where an administrator's key is given; what is there already is taken as it is.
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
    if (made.status !== 201 && made.status !== 409) fail(`${EVENT_ID} was not made: ${made.status} ${made.body}`);
    if (made.status === 201) {
      const opened = http.post(`${path}/${EVENT_ID}/open`, null, ofAdministrator('open'));
      if (opened.status !== 200) fail(`${EVENT_ID} was not opened: ${opened.status} ${opened.body}`);
    }
  }
  // People of different runs are different people.
  return { run: __ENV.RUN || Date.now().toString(36) };
}

/// The JSON of an answer; none where it is no 200 or no JSON.
function told(response, what) {
  const is200 = check(response, { [`${what}: 200`]: (r) => r.status === 200 });
  if (!is200) return null;
  try {
    return response.json();
  } catch (error) {
    return null;
  }
}

/// One person: queues, looks until let in, asks for the coupon. What came of it; none where nothing did.
export function goThroughGate(user) {
  const gate = `${BASE_URL}/gate/events/${EVENT_ID}`;
  const begun = Date.now();
  const place = told(http.post(`${gate}/enqueue?userId=${user}`, null, ofPerson('enqueue')), 'enqueue');
  const outcome = place && place.status === 'SOLD_OUT' ? 'SOLD_OUT' : place && waitAtGate(gate, user, place.rank, begun);
  answered.add(Boolean(outcome));
  if (outcome === 'ISSUED') issued.add(1);
  return outcome;
}

function waitAtGate(gate, user, rankAtEntry, begun) {
  let rank = rankAtEntry;
  while (Date.now() - begun < WAIT_SECONDS_MAX * 1000) {
    const standing = told(http.get(`${gate}/rank?userId=${user}`, ofPerson('rank')), 'rank');
    if (!standing) return null;
    switch (standing.status) {
      case 'ACTIVE':
        waitingTime.add(Date.now() - begun);
        return askForCoupon(user);
      case 'ISSUED':
      case 'SOLD_OUT':
        waitingTime.add(Date.now() - begun);
        return standing.status;
      case 'WAITING':
        if (standing.rank > rank) worseRanks.add(1);
        rank = standing.rank;
        break;
      case 'PROCESSING':
        break;
      default:
        return null;
    }
    // Up to a fifth longer or shorter, or the whole crowd would ask at once.
    sleep(POLL_SECONDS * (0.8 + 0.4 * Math.random()));
  }
  return null;
}

function askForCoupon(user) {
  const answer = told(http.post(`${BASE_URL}/issue/events/${EVENT_ID}?userId=${user}`, null, ofPerson('issue')), 'issue');
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

/// One person asks for a coupon of a campaign without a gate. The code of the decision.
export function askDirectly(user) {
  const body = JSON.stringify({ user_id: user, event_id: EVENT_ID });
  const decision = told(http.post(`${BASE_URL}/api/v1/coupons/issue`, body, ofPerson('coupon')), 'coupon');
  const code = decision && decision.code;
  const isDecided = check(code, { 'coupon: decided': (c) => ['ISSUED', 'ALREADY_ISSUED', 'SOLD_OUT'].includes(c) });
  answered.add(isDecided);
  if (code === 'ISSUED') issued.add(1);
  return code;
}

/// The campaign's figures when all is over.
export function status() {
  return told(http.get(`${BASE_URL}/api/v1/coupons/status/${EVENT_ID}`, ofPerson('status')), 'status');
}
