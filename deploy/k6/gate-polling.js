// All users arrive at once, queue, and poll until they have an outcome.
//
//   k6 run -e BASE_URL=http://127.0.0.1:8080 -e ADMIN_KEY=... -e USERS=2000 -e STOCK=500 gate-polling.js

import exec from 'k6/execution';
import { GATE_THRESHOLDS, WAIT_SECONDS_MAX, goThroughGate, prepare, whole } from './onsale.js';

export const options = {
  scenarios: {
    polling: {
      executor: 'per-vu-iterations',
      vus: whole('USERS', 200),
      iterations: 1,
      maxDuration: `${WAIT_SECONDS_MAX + 30}s`,
    },
  },
  thresholds: GATE_THRESHOLDS,
};

export function setup() {
  return prepare(true);
}

export default function polling({ run }) {
  goThroughGate(`k6-${run}-${exec.scenario.iterationInTest}`);
}
