// A spike: few users, suddenly many for a while, few again. `waiting_time` shows how long they wait in the line.
//
//   k6 run -e BASE_URL=http://127.0.0.1:8080 -e ADMIN_KEY=... -e SPIKE_PER_SECOND=500 gate-spike.js

import exec from 'k6/execution';
import { GATE_THRESHOLDS, goThroughGate, prepare, whole } from './onsale.js';

const QUIET_PER_SECOND = whole('QUIET_PER_SECOND', 10);
const SPIKE_PER_SECOND = whole('SPIKE_PER_SECOND', 200);
const SPIKE_SECONDS = whole('SPIKE_SECONDS', 20);
const QUIET_SECONDS = whole('QUIET_SECONDS', 10);

export const options = {
  scenarios: {
    spike: {
      executor: 'ramping-arrival-rate',
      startRate: QUIET_PER_SECOND,
      timeUnit: '1s',
      // Each waiting user occupies one virtual user.
      preAllocatedVUs: whole('VUS', 1000),
      maxVUs: whole('VUS_MAX', 20000),
      gracefulStop: `${whole('WAIT_SECONDS_MAX', 600)}s`,
      stages: [
        { target: QUIET_PER_SECOND, duration: `${QUIET_SECONDS}s` },
        { target: SPIKE_PER_SECOND, duration: '1s' },
        { target: SPIKE_PER_SECOND, duration: `${SPIKE_SECONDS}s` },
        { target: QUIET_PER_SECOND, duration: '1s' },
        { target: QUIET_PER_SECOND, duration: `${QUIET_SECONDS}s` },
      ],
    },
  },
  thresholds: {
    ...GATE_THRESHOLDS,
    // A user without a virtual user never arrived.
    dropped_iterations: ['count==0'],
  },
};

export function setup() {
  return prepare(true);
}

export default function spike({ run }) {
  goThroughGate(`k6-${run}-${exec.scenario.iterationInTest}`);
}
