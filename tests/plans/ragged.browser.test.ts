import { test } from 'vitest';
import { expectIdleSlot, expectRagged, RAGGED_CASES } from '../support/ragged.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

// All of them run on the CPU engine; the placement is the same.
const SOME = RAGGED_CASES.filter((_, k) => k % 6 === 0);

test.each(SOME)('$name: networks of depth 1 to 7 in one plan have the bits that they have alone (GPU)', async (given) => {
  await expectRagged(engines().gpu, given);
});

test.each(SOME)('$name: a slot without a run costs nothing and is filled anew', async (given) => {
  await expectIdleSlot(engines().gpu, given);
});
