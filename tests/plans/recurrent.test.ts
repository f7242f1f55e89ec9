/** Recurrent plans: gradients against central differences, and what lengths, cuts and dispatches do to them. */
import { describe, expect, test } from 'vitest';
import { type RecurrentSpec, recurrentNetwork } from '../../src/model/recurrent-network.ts';
import { CELLS, READOUTS } from '../../src/model/recurrent-schema.ts';
import { SEQUENCE, sequenceWords } from '../../src/plan/records.ts';
import type { DoublePlan } from '../support/double.ts';
import { wrongGradients } from '../support/gradients.ts';
import { planOf } from '../support/plans.ts';

const [B, T] = [3, 5];

function small(spec: Partial<RecurrentSpec> = {}) {
  const usual = {
    inputs: 2,
    outputs: 3,
    cell: 'rnn',
    activation: 'tanh',
    layers: 1,
    hidden: 5,
    readout: 'last',
    truncation: 0,
    bias: true,
    steps: T,
    loss: 'mse',
  } as const;
  return recurrentNetwork({ ...usual, ...spec });
}

/** Gives the examples of both replicas these lengths. */
const lengths =
  (...of: readonly number[]) =>
  (double: DoublePlan) => {
    for (const r of [0, 1]) {
      const record = double.read('sequence', r);
      of.forEach((length, b) => {
        record[SEQUENCE.lengths + b] = length;
      });
      double.write('sequence', r, record);
    }
  };

describe('the backward half of a recurrent plan is the derivative of its forward half', () => {
  const forms = CELLS.flatMap((cell) => READOUTS.flatMap((readout) => [1, 2].map((layers) => ({ cell, readout, layers }))));
  test.each(forms)('$cell, read out $readout, $layers layers', (spec) => {
    expect(wrongGradients(small(spec), B)).toEqual([]);
  });
  test.each(['relu', 'linear'] as const)('rnn with %s', (activation) => {
    expect(wrongGradients(small({ activation }), B)).toEqual([]);
  });
  test.each(CELLS)('%s with cross-entropy, without biases, units in full tiles', (cell) => {
    expect(wrongGradients(small({ cell, loss: 'cross_entropy', bias: false, hidden: 4 }), 4)).toEqual([]);
  });
  const oneLayer = forms.filter(({ layers }) => layers === 1);
  test.each(oneLayer)('$cell, sequences of different lengths, read out $readout', (spec) => {
    expect(wrongGradients(small(spec), B, lengths(2, 5, 1))).toEqual([]);
  });
  test.each(CELLS)('%s of two layers, sequences of different lengths', (cell) => {
    expect(wrongGradients(small({ cell, layers: 2 }), B, lengths(2, 5, 1))).toEqual([]);
  });
  test.each(CELLS)('%s of two layers with layer norm', (cell) => {
    expect(wrongGradients(small({ cell, norm: 'layer', layers: 2 }), B)).toEqual([]);
  });
  test.each(CELLS)('%s with layer norm, sequences of different lengths, truncated, units in full tiles', (cell) => {
    expect(wrongGradients(small({ cell, norm: 'layer', hidden: 4, readout: 'every' }), B, lengths(2, 5, 1))).toEqual([]);
    expect(wrongGradients(small({ cell, norm: 'layer', activation: 'tanh', bias: false }), 4, lengths(5, 3, 4, 1))).toEqual([]);
  });
  test('what no dispatch can have is refused in words', () => {
    // 10,000 steps of 512 examples: 128 tiles a step, 8 in a workgroup, 160,000 in one dimension.
    const network = small({ hidden: 1, steps: 10_000 });
    expect(() => planOf(network, { batchSize: 512 })).toThrow(
      /workgroups in one dimension of a dispatch \(\w+\): 160,000 needed, 65,535 available/,
    );
  });
  test('a record of sequences has a binding’s alignment', () => {
    expect([1, 60, 61].map(sequenceWords)).toEqual([64, 64, 128]);
  });
});
