import { test } from 'vitest';
import { expectPieces, expectRefilledPieces } from '../support/pieces.ts';
import { RAGGED_CASES } from '../support/ragged.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

test.each(RAGGED_CASES)('$name: tensors spread over many buffers have the same bits (GPU)', async (given) => {
  await expectPieces(engines().gpu, given);
});

test.each(RAGGED_CASES.slice(0, 3))('$name: a slot is filled anew where its state lies in several buffers', async (given) => {
  await expectRefilledPieces(engines().gpu, given);
});
