// A rush at a campaign without a line: each user sends one request, as fast as the server responds.
//
//   k6 run -e BASE_URL=http://127.0.0.1:8080 -e ADMIN_KEY=... -e USERS=100000 -e VUS=256 -e STOCK=1000 coupon-rush.js

import { fail } from 'k6';
import exec from 'k6/execution';
import { STOCK, askDirectly, prepare, status, whole } from './onsale.js';

const USERS = whole('USERS', 20000);
const VUS = Math.min(whole('VUS', 100), USERS);

export const options = {
  scenarios: {
    rush: { executor: 'shared-iterations', vus: VUS, iterations: USERS, maxDuration: '10m' },
  },
  thresholds: {
    answered: ['rate==1'],
    checks: ['rate==1'],
    http_req_failed: ['rate==0'],
    // The campaign of a new run issues its whole stock, and no more.
    issued: [`count==${Math.min(STOCK, USERS)}`],
    http_req_duration: [`p(99)<${whole('P99_MS_MAX', 1000)}`],
  },
};

export function setup() {
  return prepare(false);
}

export default function rush({ run }) {
  askDirectly(`k6-${run}-${exec.scenario.iterationInTest}`);
}

export function teardown() {
  const campaign = status();
  if (!campaign) fail('the status of the campaign is missing');
  const left = Math.max(STOCK - USERS, 0);
  if (campaign.remaining_stock !== left) fail(`${campaign.remaining_stock} coupons are left, expected ${left}`);
}
