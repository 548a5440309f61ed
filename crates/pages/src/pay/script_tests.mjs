// The rules of the payment page's script. Run by `pay::tests` with the folder of assets in `ASSETS`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const rules = new URL("pay/rules.js", pathToFileURL(`${process.env.ASSETS}/`));
const { loopWaitMs, timeStep, timeWords } = await import(rules);

test("time is told each minute, and in the last one each quarter", () => {
  const steps = [299000, 240001, 240000, 61000, 60000, 59000, 46000, 45000, 15000, 14000, 1, 0, -5].map(timeStep);
  assert.deepEqual(steps, [300000, 300000, 240000, 120000, 60000, 60000, 60000, 45000, 15000, 15000, 15000, 0, 0]);
  const word = (step) => timeWords(step, (id, values) => `${id} ${Object.values(values ?? {})}`);
  assert.deepEqual([120000, 60000, 45000].map(word), ["minutes 2", "minute ", "seconds 45"]);
  assert.ok(loopWaitMs(20, null) <= 12500 && loopWaitMs(0, "3") >= 3000);
});
