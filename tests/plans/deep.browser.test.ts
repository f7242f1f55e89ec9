import { test } from 'vitest';
import { DEFAULT_LIMITS, expectIsometry } from '../support/deep.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

test('an orthogonal network of 10,000 layers keeps the norm of its gradient, in buffers of a megabyte (GPU)', async () => {
  await expectIsometry(engines().gpu, { ...DEFAULT_LIMITS, pieceBytes: 2 ** 20 });
});
