import { expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import { kernelEntry } from '../../src/plan/kernels.ts';
import { type Range, WORD } from '../../src/plan/plan.ts';
import { expectPieces, expectRefilledPieces } from '../support/pieces.ts';
import { planOf, smallMlp } from '../support/plans.ts';
import { RAGGED_CASES } from '../support/ragged.ts';

test.each(RAGGED_CASES)('$name: tensors spread over many buffers have the same bits (CPU)', async (given) => {
  await expectPieces(await openEngine('cpu', undefined, 'use'), given);
});

test.each(RAGGED_CASES.slice(0, 3))('$name: a slot is filled anew where its state lies in several buffers', async (given) => {
  await expectRefilledPieces(await openEngine('cpu', undefined, 'use'), given);
});

const DEEP = { sizes: [3, ...new Array<number>(60).fill(8), 2], activation: 'relu' } as const;

test.each(['sgd', 'adam', 'rmsprop'] as const)(
  '%s: no binding of a deep network exceeds a limit of a few kilobytes',
  (optimizer) => {
    const limits = { bufferBytes: 16_384, bindingBytes: 12_288, totalBytes: 2 ** 30 };
    const request = { optimizer, ring: 4, layers: 'gradients', clip: ['per_tensor', 'adaptive'] } as const;
    const plan = planOf(smallMlp(DEEP), { ...request, limits });
    for (const { kernel, bindings } of plan.iteration) {
      for (const name of Object.keys(kernelEntry(kernel).bindings)) {
        const { buffer, offset, words } = (bindings as Record<string, Range>)[name];
        expect(words * WORD, `${kernel}, ${name}`).toBeLessThanOrEqual(limits.bindingBytes);
        expect(offset + words, `${kernel}, ${name}`).toBeLessThanOrEqual(plan.buffers[buffer].words);
      }
    }
    for (const { name, words } of plan.buffers) expect(words * WORD, name).toBeLessThanOrEqual(limits.bufferBytes);
    // The control: without the limit there is a buffer that exceeds it.
    const whole = planOf(smallMlp(DEEP), request);
    expect(Math.max(...whole.buffers.map(({ words }) => words * WORD))).toBeGreaterThan(limits.bufferBytes);
    expect(plan.iteration.length).toBeGreaterThan(whole.iteration.length);
  },
);
