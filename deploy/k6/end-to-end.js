// More users than coupons, all the way: each queues, waits, asks, and hears either of a coupon or that none is left. At the end
// every coupon has its user, and everybody else was told.
//
//   k6 run -e BASE_URL=http://127.0.0.1:8080 -e ADMIN_KEY=... -e USERS=600 -e STOCK=150 end-to-end.js

import { fail } from 'k6';
import exec from 'k6/execution';
import { GATE_THRESHOLDS, STOCK, WAIT_SECONDS_MAX, goThroughGate, prepare, status, whole } from './onsale.js';

const USERS = whole('USERS', 600);
const WINNERS = Math.min(STOCK, USERS);

export const options = {
  scenarios: {
    people: {
      executor: 'per-vu-iterations',
      vus: USERS,
      iterations: 1,
      maxDuration: `${WAIT_SECONDS_MAX + 30}s`,
    },
  },
  thresholds: {
    ...GATE_THRESHOLDS,
    issued: [`count==${WINNERS}`],
    sold_out: [`count==${USERS - WINNERS}`],
  },
};

export function setup() {
  return prepare(true);
}

export default function person({ run }) {
  goThroughGate(`k6-${run}-${exec.scenario.iterationInTest}`);
}

export function teardown() {
  const campaign = status();
  if (!campaign) fail('the status of the campaign is missing');
  if (campaign.total_participants !== WINNERS) fail(`${campaign.total_participants} have a coupon, expected ${WINNERS}`);
  if (campaign.remaining_stock !== STOCK - WINNERS) fail(`${campaign.remaining_stock} coupons are left`);
}
