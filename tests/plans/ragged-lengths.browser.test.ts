import { test } from 'vitest';
import { expectRaggedLengths, LENGTH_CASES } from '../support/ragged-lengths.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

test.each(LENGTH_CASES)('$title: lengths 21 to 39 in one plan have the bits that they have alone (GPU)', async (given) => {
  await expectRaggedLengths(engines().gpu, given);
});
