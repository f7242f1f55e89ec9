import { describe, expect, test } from 'vitest';
import { CACHED_OF, GATES_OF, gateOf } from '../../../src/engine/cpu/twins/cells.ts';
import { CURVES } from '../../../src/model/activation.ts';
import { GATES, recurrentNetwork } from '../../../src/model/recurrent-network.ts';
import { CELL_ACTIVATIONS, CELLS } from '../../../src/model/recurrent-schema.ts';
import { CELL_CODE } from '../../../src/plan/walk.ts';
import { curveOf } from '../../support/cells.ts';
import { planOf } from '../../support/plans.ts';

const spec = { inputs: 2, outputs: 3, layers: 2, hidden: 5, truncation: 0, bias: true, steps: 4, loss: 'mse' } as const;

describe.each(CELLS)('the numbers of cell %s', (cell) => {
  const plan = planOf(recurrentNetwork({ ...spec, cell, activation: 'tanh', readout: 'last' }));
  const code = CELL_CODE[cell];

  test('are those of its gates in GATES', () => {
    expect(GATES_OF[code]).toBe(GATES[cell].length);
    // Behind the gates' z, c of the step before or q.
    expect(CACHED_OF[code]).toBe(GATES[cell].length + (cell === 'rnn' ? 0 : 1));
  });

  test('are those that plans have', () => {
    const steps = plan.iteration.filter(({ kernel }) =>
      ['recurrent_forward', 'recurrent_backward', 'gate_probe'].includes(kernel),
    );
    expect(steps.map(({ constants }) => (constants as { readonly CELL?: number }).CELL)).toEqual(Array(6).fill(code));
    const blocks = (name: string) => plan.tensors.get(name)?.blocks ?? 1;
    expect(['a0', 'da1', 'l0.ih.weight', 'l1.hh.weight', 'grad.l1.hh.bias'].map(blocks)).toEqual(Array(5).fill(GATES_OF[code]));
    expect(blocks('h0.cache')).toBe(CACHED_OF[code]);
  });

  test('squash each gate with its own curve', () => {
    const z = [-30, -3, -0.1, 0, 0.1, 3, 30];
    for (const activation of CELL_ACTIVATIONS) {
      GATES[cell].forEach((name, g) => {
        expect(z.map(gateOf(code, g, activation).value), name).toEqual(z.map(CURVES[curveOf(cell, activation, g)].phi));
      });
    }
  });
});
