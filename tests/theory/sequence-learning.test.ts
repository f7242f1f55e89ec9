/** What the committed examples of sequences learn, on the CPU engine; `npm run verify -- sequence-learning` trains them for longer. */
import { describe, expect, test } from 'vitest';
import { trainScenario } from '../support/train-scenario.ts';
import { sized } from './scale.ts';

describe('the adding problem over 100 steps', () => {
  // Always answering 1 errs by 1/6 in the mean square; 0.01 is the usual mark for having solved it (Le, Jaitly, Hinton 2015).
  test.each([
    ['adding-gru-100', 500],
    ['adding-lstm-100', 1000],
  ])('%s solves it', async (name, iterations) => {
    const { test: held } = await trainScenario(name, sized(iterations, Number.POSITIVE_INFINITY));
    expect(held.loss[0]).toBeLessThan(0.01);
  });

  test('control: a tanh RNN without clipping does not', async () => {
    const { test: held, trace } = await trainScenario('adding-rnn-100', sized(1000, Number.POSITIVE_INFINITY));
    expect(held.loss[0]).toBeGreaterThan(0.15);
    // What reaches the first step is less than a thousandth of what leaves the last.
    const { log2Dh } = trace.layers[trace.layers.length - 1];
    expect(log2Dh[0] - log2Dh[99]).toBeLessThan(-10);
  });
});

test('a GRU names at least 85 % of the digits of voices it has not heard', async () => {
  const { test: held } = await trainScenario('spoken-digits-gru', sized(300, Number.POSITIVE_INFINITY));
  expect(held.accuracy[0]).toBeGreaterThanOrEqual(0.85);
});

test('a GRU foresees characters of a novel better than counts of them do', async () => {
  // Bits per character of counts of two characters after a few iterations; in full of three, and in the end of four.
  const { test: held } = await trainScenario('austen-gru', sized(100, Number.POSITIVE_INFINITY));
  expect(held.loss[0] / Math.LN2).toBeLessThan(sized(3.44, 2.11));
});
