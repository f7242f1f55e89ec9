import { test } from 'vitest';
import { expectIdleSlot, expectRagged, RAGGED_CASES } from '../support/ragged.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

test.each(RAGGED_CASES)('$name: networks of depth 1 to 7 in one plan have the bits that they have alone (GPU)', async (given) => {
  await expectRagged(engines().gpu, given);
});

test.each(RAGGED_CASES)('$name: a slot without a run costs nothing and is filled anew', async (given) => {
  await expectIdleSlot(engines().gpu, given);
});
