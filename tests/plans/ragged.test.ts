import { test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import { expectIdleSlot, expectRagged, RAGGED_CASES } from '../support/ragged.ts';

test.each(RAGGED_CASES)('$name: networks of depth 1 to 7 in one plan have the bits that they have alone (CPU)', async (given) => {
  await expectRagged(await openEngine('cpu', undefined, 'use'), given);
});

test.each(RAGGED_CASES)('$name: a slot without a run costs nothing and is filled anew', async (given) => {
  await expectIdleSlot(await openEngine('cpu', undefined, 'use'), given);
});
