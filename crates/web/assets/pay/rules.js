// @ts-check
// Rules of the payment's page without a page: when time is told, and how long to wait. The tests run this file by itself.

/** The time that is told: whole minutes, and in the last minute quarters of it. @param {number} leftMs */
export const timeStep = (leftMs) => (leftMs > 60000 ? Math.ceil(leftMs / 60000) * 60000 : Math.max(0, Math.ceil(leftMs / 15000) * 15000));

/** @param {number} step @param {(id: string, values?: Record<string, number>) => string} say */
export const timeWords = (step, say) =>
  step > 60000 ? say("minutes", { minutes: step / 60000 }) : step === 60000 ? say("minute") : say("seconds", { seconds: step / 1000 });

/** Between two questions: 1, 2, 4, 8, then every 10 seconds, a quarter more or less; or as the server says, and up to as much again.
 * @param {number} tried @param {string | null} retryAfter */
export const loopWaitMs = (tried, retryAfter) => {
  const asked = Number(retryAfter) * 1000;
  return asked > 0 ? asked * (1 + Math.random()) : Math.min(10000, 1000 * 2 ** tried) * (0.75 + Math.random() / 2);
};
