import { test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import { expectRaggedLengths, LENGTH_CASES } from '../support/ragged-lengths.ts';

test.each(LENGTH_CASES)('$title: lengths 21 to 39 in one plan have the bits that they have alone (CPU)', async (given) => {
  await expectRaggedLengths(await openEngine('cpu', undefined, 'use'), given);
});
