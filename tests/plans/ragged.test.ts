import { expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open.ts';
import { mlpNetwork } from '../../src/model/network.ts';
import { buildPlan } from '../../src/plan/build.ts';
import { isNeeded } from '../../src/plan/placement.ts';
import { expectIdleSlot, expectRagged, RAGGED_CASES } from '../support/ragged.ts';

test.each(RAGGED_CASES)('$name: networks of depth 1 to 7 in one plan have the bits that they have alone (CPU)', async (given) => {
  await expectRagged(await openEngine('cpu', undefined, 'use'), given);
});

test.each(RAGGED_CASES)('$name: a slot without a run costs nothing and is filled anew', async (given) => {
  await expectIdleSlot(await openEngine('cpu', undefined, 'use'), given);
});

test('steps of idle replicas are left out, and no others', () => {
  const network = (depth: number) => {
    const sizes = [3, ...new Array<number>(depth).fill(4), 2];
    const rest = { activation: 'relu', norm: 'none', hiddenBias: true, outputBias: true, loss: 'mse' } as const;
    return mlpNetwork({ sizes, ...rest });
  };
  const limits = { bufferBytes: 2 ** 40, bindingBytes: 2 ** 40, totalBytes: 2 ** 40 };
  const request = { batchSize: 2, optimizer: 'sgd', source: { kind: 'given' }, layersEvery: 1, ring: 2, limits } as const;
  // Replicas 0 and 1 have five layers, 2 has three, 3 and 4 have one.
  const counts = [2, 1, 2];
  const networks = [5, 3, 1].map((depth, k) => ({ network: network(depth), replicas: counts[k] }));
  const { iteration } = buildPlan({ ...request, networks });
  const forward = (...idle: number[]) =>
    iteration.filter((step) => step.kernel === 'linear_forward' && isNeeded(step, new Set(idle))).map(({ label }) => label);
  const all = ['z0', 'z1', 'z2', 'z3', 'z4', 'z5', 'z5', 'z5'];
  expect(forward()).toEqual(all);
  expect(forward(0)).toEqual(all);
  expect(forward(0, 1)).toEqual(['z0', 'z1', 'z2', 'z5', 'z5']);
  expect(forward(2)).toEqual(['z0', 'z1', 'z2', 'z3', 'z4', 'z5', 'z5']);
  expect(forward(0, 1, 2, 3, 4)).toEqual([]);
  // What measures, clips and records works on all replicas at once.
  const rest = iteration.filter((step) => isNeeded(step, new Set([0, 1, 2, 3, 4]))).map(({ kernel }) => kernel);
  expect(rest).toContain('record_iteration');
  expect(rest).not.toContain('linear_backward_weight');
});
