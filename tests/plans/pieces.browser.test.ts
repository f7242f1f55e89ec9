import { test } from 'vitest';
import { expectPieces, expectRefilledPieces } from '../support/pieces.ts';
import { RAGGED_CASES } from '../support/ragged.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

// All of them run on the CPU engine; the steps are the same.
const SOME = RAGGED_CASES.filter((_, k) => k % 6 === 3);

test.each(SOME)('$name: tensors spread over many buffers have the same bits (GPU)', async (given) => {
  await expectPieces(engines().gpu, given);
});

test.each(RAGGED_CASES.slice(0, 1))('$name: a slot is filled anew where its state lies in several buffers', async (given) => {
  await expectRefilledPieces(engines().gpu, given);
});
