import { test } from 'vitest';
import { expectRaggedLengths, LENGTH_CASES } from '../support/ragged-lengths.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

// All of them run on the CPU engine; the placement is the same.
const SOME = LENGTH_CASES.filter((_, k) => k % 2 === 1);

test.each(SOME)('$title: lengths 21 to 39 in one plan have the bits that they have alone (GPU)', async (given) => {
  await expectRaggedLengths(engines().gpu, given);
});
