import { describe, expect, test } from 'vitest';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { parametersOf } from '../../../src/model/network.ts';
import type { ExperimentInput } from '../../../src/model/schema.ts';
import type { ClipStep } from '../../../src/plan/clip.ts';
import { planKey } from '../../../src/sweep/plan-key.ts';
import { planOf, smallMlp } from '../../support/plans.ts';

const R = 3;
const network = smallMlp({ norm: 'layer' });
const plan = (...clip: ClipStep[]) => planOf(network, { replicas: R, clip });
const kernels = (...clip: ClipStep[]) => plan(...clip).iteration.map(({ kernel }) => kernel as string);
const KINDS = ['per_tensor', 'adaptive', 'adaptive_with_output'] as const;

test('the steps are in a plan only where its rule has them, between the decision and the update', () => {
  expect(kernels().filter((kernel) => kernel.startsWith('clip_'))).toEqual(['clip_coefficient']);
  for (const kind of KINDS) {
    const list = kernels(kind);
    const own = kind === 'per_tensor' ? 'clip_per_tensor' : 'clip_adaptive';
    const at = list.indexOf('clip_coefficient');
    expect(list.slice(at, at + 3)).toEqual(['clip_coefficient', own, 'sgd_update']);
  }
  const both = kernels('adaptive', 'per_tensor', 'adaptive').filter((kernel) => kernel.startsWith('clip_'));
  expect(both).toEqual(['clip_coefficient', 'clip_adaptive', 'clip_per_tensor']);
});

describe('the units of adaptive clipping', () => {
  /** Names of the parameters that units of replica `r` lie in, each as often as it has units of 4 columns. */
  function unitsOf(kind: ClipStep, r: number): string[] {
    const { contents, tensors } = plan(kind);
    const units = contents.get('clip_units') ?? new Uint32Array();
    const names: string[] = [];
    for (let k = 0; k < units.length; k += 4) {
      const [first, , , replica] = units.subarray(k, k + 4);
      const inside = ({ offset, replicaStride }: { offset: number; replicaStride: number }) =>
        4 * first >= offset + r * replicaStride && 4 * first < offset + (r + 1) * replicaStride;
      const found = parametersOf(network).find(({ name }) => inside(tensors.get(name) as never));
      if (replica === r) names.push(found?.name ?? 'none');
    }
    return names;
  }

  test('are the columns of each weight and each vector, of every replica, the last Linear left out or not', () => {
    const expected = parametersOf(network).flatMap(({ name, role, columns }) =>
      Array<string>(role === 'weight' ? Math.ceil(columns / 4) : 1).fill(name),
    );
    for (let r = 0; r < R; r++) {
      expect(unitsOf('adaptive_with_output', r).sort()).toEqual([...expected].sort());
      expect(unitsOf('adaptive', r).sort()).toEqual(expected.filter((name) => !/^l3[.]/.test(name)).sort());
    }
    // The control: there is such a parameter.
    expect(expected).toContain('l3.weight');
  });
});

test('clipping per tensor reads, for each cell of a parameter, the norm of its own gradient', () => {
  const { contents, tensors, groups, summary } = plan('per_tensor');
  const entries = contents.get('norm_entries') ?? new Uint32Array();
  const { measured } = groups[0];
  // The loss stands among what is measured and has no norm; gradients come behind it, the parameters themselves last.
  const list = measured.filter((name) => name !== 'loss');
  const each = list.length - parametersOf(network).length + summary.unitLayers.length;
  for (let r = 0; r < R; r++) {
    for (const { name } of parametersOf(network)) {
      const { offset, replicaStride } = tensors.get(name) ?? { offset: 0, replicaStride: 0 };
      const cells = entries.slice((offset + r * replicaStride) / 16, (offset + (r + 1) * replicaStride) / 16);
      expect(new Set(cells), `${name} of replica ${r}`).toEqual(new Set([r * each + list.indexOf(`grad.${name}`)]));
    }
  }
});

test('rules with steps of their own need a plan of their own; what they are set to is a replica’s', () => {
  const key = (clip: ExperimentInput['clip']) => planKey(parseExperiment({ clip: clip ?? { rule: 'none' } }));
  expect(key({ rule: 'value' })).toBe(key({ rule: 'none' }));
  expect(key({ rule: 'adaptive', ratio: 0.1, epsilon: 1 })).toBe(key({ rule: 'adaptive' }));
  const kinds = [
    key({ rule: 'none' }),
    key({ rule: 'torch_norm_per_tensor' }),
    key({ rule: 'adaptive' }),
    key({ rule: 'adaptive', exceptOutput: false }),
  ];
  expect(new Set(kinds).size).toBe(4);
});
