// A first test of a new installation: makes a campaign by the short form, lets each user ask twice, and reads the messages that
// clients of other coupon systems read in place of the codes.
//
//   k6 run -e BASE_URL=http://127.0.0.1:8080 -e ADMIN_KEY=... -e EVENT_ID=first -e USERS=2000 -e STOCK=1000 quick-test.js

import { check } from 'k6';
import exec from 'k6/execution';
import { STOCK, askDirectly, initialize, whole } from './onsale.js';

const USERS = whole('USERS', 2000);
const WINNERS = Math.min(STOCK, USERS);

export const options = {
  scenarios: {
    users: { executor: 'shared-iterations', vus: Math.min(whole('VUS', 100), USERS), iterations: USERS, maxDuration: '10m' },
  },
  thresholds: {
    answered: ['rate==1'],
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    issued: [`count==${WINNERS}`],
    http_req_duration: [`p(99)<${whole('P99_MS_MAX', 1000)}`],
  },
};

/// Whether a message has these words.
function says(message, words) {
  check(message, { [`says: ${words}`]: (text) => text.includes(words) });
}

export function setup() {
  says(initialize(), 'initialized successfully');
  says(initialize(), 'already exists');
  return { run: __ENV.RUN || Date.now().toString(36) };
}

export default function user({ run }) {
  const name = `k6-${run}-${exec.scenario.iterationInTest}`;
  const first = askDirectly(name);
  const second = askDirectly(name);
  const isWinner = first.code === 'ISSUED';
  says((isWinner ? second : first).message, isWinner ? 'already has a coupon' : 'No coupons available');
  check(second.code, { 'the same again': (code) => code === (isWinner ? 'ALREADY_ISSUED' : 'SOLD_OUT') });
}
