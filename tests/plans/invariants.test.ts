import { describe, expect, test } from 'vitest';
import { LimitError } from '../../src/model/errors.ts';
import type { Network } from '../../src/model/network.ts';
import { BRANCHES, RESIDUAL_FORMS } from '../../src/model/schema.ts';
import { kernelEntry } from '../../src/plan/kernels.ts';
import { ALIGNMENT, type AnyStep, type Plan, type Range, type Tensor, WORD } from '../../src/plan/plan.ts';
import { planOf, smallMlp, smallResidual } from '../support/plans.ts';

const DRAWN = { kind: 'drawn', train: 23, test: 6 } as const;

const PLANS: readonly [string, Network, Parameters<typeof planOf>[1]][] = [
  ['mlp', smallMlp(), {}],
  ['mlp of one layer', smallMlp({ sizes: [1, 1] }), { batchSize: 1 }],
  ['mlp with drawn batches', smallMlp({ loss: 'cross_entropy' }), { source: DRAWN, replicas: 3, batchSize: 7 }],
  ['mlp with batch norm', smallMlp({ norm: 'batch', hiddenBias: false }), { source: DRAWN, replicas: 3, optimizer: 'adam' }],
  ['mlp with layer norm', smallMlp({ norm: 'layer', activation: 'gelu' }), { replicas: 65, optimizer: 'rmsprop' }],
  ['mlp with RMS norm', smallMlp({ norm: 'rms' }), { source: DRAWN, replicas: 3 }],
  ['mlp with RMS norm behind the activation', smallMlp({ norm: 'rms', normPlacement: 'after' }), { replicas: 3 }],
  [
    'mlp with batch norm behind the activation',
    smallMlp({ norm: 'batch', normPlacement: 'after' }),
    { source: DRAWN, replicas: 3 },
  ],
  ['mlp, clipping per tensor', smallMlp({ norm: 'layer' }), { replicas: 3, clip: ['per_tensor'] }],
  ['mlp, clipping adaptively', smallMlp({ norm: 'layer' }), { replicas: 3, clip: ['adaptive', 'per_tensor'] }],
  ['mlp without activation', smallMlp({ norm: 'layer', activation: 'linear' }), {}],
  ['mlp without biases', smallMlp({ hiddenBias: false, outputBias: false }), { replicas: 2 }],
  ['residual network', smallResidual(), { source: DRAWN, replicas: 3, optimizer: 'adamw', layersEvery: 5 }],
  ...RESIDUAL_FORMS.flatMap((form) =>
    BRANCHES.map((branch): (typeof PLANS)[number] => [
      `residual network, ${form}, ${branch}`,
      smallResidual({ form, branch, norm: 'batch', isScaled: branch === 'one_layer' }),
      { source: DRAWN, replicas: 3 },
    ]),
  ),
  ['residual network without activation', smallResidual({ activation: 'linear', blocks: 1 }), {}],
];

interface Bound extends Range {
  readonly name: string;
  readonly writable: boolean;
}

function boundRanges({ kernel, bindings }: AnyStep): Bound[] {
  const ranges = bindings as Readonly<Record<string, Range>>;
  return Object.entries(kernelEntry(kernel).bindings).map(([name, { access }]) => ({
    ...ranges[name],
    name,
    writable: access === 'read_write',
  }));
}

const overlap = (a: Range, b: Range) => a.buffer === b.buffer && a.offset < b.offset + b.words && b.offset < a.offset + a.words;
const pairsOf = <T>(list: readonly T[]) => list.flatMap((a, i) => list.slice(i + 1).map((b) => [a, b] as const));

function findConflicts(steps: readonly AnyStep[]): string[] {
  return steps.flatMap((step) =>
    pairsOf(boundRanges(step)).flatMap(([a, b]) => {
      const where = `${step.kernel} (${step.label}): ${a.name} and ${b.name}`;
      if (a.buffer === b.buffer && a.writable !== b.writable) return [`${where} bind one buffer read-only and writable`];
      return a.writable && overlap(a, b) ? [`${where} overlap`] : [];
    }),
  );
}

function findMisplaced(buffers: Plan['buffers'], steps: readonly AnyStep[]): string[] {
  return steps.flatMap((step) =>
    boundRanges(step).flatMap(({ name, buffer, offset, words }) => {
      const where = `${step.kernel} (${step.label}): ${name}`;
      if ((offset * WORD) % ALIGNMENT !== 0) return [`${where} is not aligned`];
      // vec4 bindings need whole vectors.
      if (words < 1 || words % 2 !== 0 || offset + words > buffers[buffer].words) return [`${where} is outside its buffer`];
      return [];
    }),
  );
}

const wordsOf = ({ offset, replicaStride }: Tensor, R: number): [number, number] => [offset, offset + R * replicaStride];

describe.each(PLANS)('plan of %s', (_, network, request) => {
  const plan = planOf(network, request);
  const steps = [...plan.iteration, ...plan.evaluation];

  test('binds no buffer both read-only and writable, and no two writable ranges that overlap', () => {
    expect(findConflicts(steps)).toEqual([]);
  });

  test('binds aligned ranges inside their buffers', () => {
    expect(findMisplaced(plan.buffers, steps)).toEqual([]);
  });

  test('gives every step the constants and bindings of the kernel table', () => {
    for (const { kernel, constants, bindings } of steps) {
      expect(Object.keys(constants).sort(), kernel).toEqual([...kernelEntry(kernel).constants].sort());
      expect(Object.keys(bindings).sort(), kernel).toEqual(Object.keys(kernelEntry(kernel).bindings).sort());
      expect(Object.values(constants).every(Number.isFinite), kernel).toBe(true);
    }
  });

  test('gives tensors of different names different words, but for the gradients that are one', () => {
    const distinct = [...new Set(plan.tensors.values())];
    const clashes = pairsOf(distinct).filter(([a, b]) => {
      const [[a0, a1], [b0, b1]] = [a, b].map((tensor) => wordsOf(tensor, tensor.words / tensor.replicaStride));
      return a.buffer === b.buffer && a0 < b1 && b0 < a1;
    });
    expect(clashes.map(([a, b]) => `${a.name} and ${b.name}`)).toEqual([]);
  });

  test('measures each tensor that exists, and counts what it says', () => {
    const { measured, gradientLayers, weightLayers, dispatchesPerIteration, parameters } = plan.summary;
    expect(measured.filter((name) => name !== 'loss' && !plan.tensors.has(name))).toEqual([]);
    for (const name of gradientLayers) expect(measured).toContain(`d${name}`);
    for (const name of weightLayers) expect(measured).toContain(`grad.${name}`);
    expect(dispatchesPerIteration).toBe(plan.iteration.length);
    const sizes = plan.groups[0].parameters
      .map((name) => plan.tensors.get(name))
      .map((tensor) => (tensor ? tensor.rows * tensor.columns : 0));
    expect(parameters).toBe(sizes.reduce((a, b) => a + b, 0));
  });
});

test('control: conflicts and misplaced ranges are found', () => {
  const plan = planOf(smallMlp());
  const forward = plan.iteration.find(({ kernel }) => kernel === 'linear_forward') as AnyStep;
  const bindings = forward.bindings as Record<string, Range>;
  const edited = (name: string, range: Partial<Range>) =>
    [{ ...forward, bindings: { ...bindings, [name]: { ...bindings[name], ...range } } }] as unknown as AnyStep[];
  expect(findConflicts(edited('W', { buffer: bindings.z.buffer }))).not.toEqual([]);
  expect(findConflicts(edited('h', bindings.z))).toEqual(['linear_forward (z0): z and h overlap']);
  expect(findMisplaced(plan.buffers, edited('z', { offset: 4 }))).toEqual(['linear_forward (z0): z is not aligned']);
  expect(findMisplaced(plan.buffers, edited('z', { words: 2 ** 20 }))).toEqual(['linear_forward (z0): z is outside its buffer']);
});

describe('dispatches', () => {
  const count = (plan: Plan, kernel: string) => plan.iteration.filter((step) => step.kernel === kernel).length;
  const mlp = (depth: number, norm: 'none' | 'batch' | 'layer' = 'none') =>
    planOf(smallMlp({ sizes: [3, ...Array<number>(depth).fill(5), 2], norm, hiddenBias: norm !== 'batch' }), { source: DRAWN });

  test.each([1, 2, 3, 8, 100])('of an MLP of depth %i', (depth) => {
    // Batch, depth + 1 products, loss, depth gradients of inputs, the weight gradients of the first, the equal hidden and the last
    // layer; the norm of the loss's gradient; then norms, units, control, update, weights' norms, record.
    const weights = depth === 1 ? 2 : 3;
    expect(mlp(depth).summary.dispatchesPerIteration).toBe(1 + (depth + 1) + 1 + depth + weights + 1 + 6);
  });

  test.each(['batch', 'layer'] as const)('of an MLP with %s norm grow linearly with depth', (norm) => {
    const [four, eight, twelve] = [4, 8, 12].map((depth) => mlp(depth, norm).summary.dispatchesPerIteration);
    expect(twelve - eight).toBe(eight - four);
    // Per layer: product, norm, activation forward; product, activation, norm backward (two kernels in layer norm).
    expect((eight - four) / 4).toBeLessThanOrEqual(norm === 'batch' ? 6 : 7);
  });

  test('equal hidden layers share one weight-gradient dispatch, at the strides of their tensors', () => {
    const plan = mlp(6);
    const steps = plan.iteration.filter((step) => step.kernel === 'linear_backward_weight');
    const merged = steps.find(({ invocations }) => invocations[2] === 5);
    expect(steps).toHaveLength(3);
    if (merged?.kernel !== 'linear_backward_weight') throw new Error('no dispatch covers 5 layers');
    const strideOf = (a: string, b: string) => (plan.tensors.get(b)?.offset ?? 0) - (plan.tensors.get(a)?.offset ?? 0);
    expect(4 * merged.constants.X_STRIDE).toBe(strideOf('h0', 'h1'));
    expect(4 * merged.constants.DZ_STRIDE).toBe(strideOf('dz1', 'dz2'));
    expect(4 * merged.constants.DW_STRIDE).toBe(strideOf('grad.l1.weight', 'grad.l2.weight'));
    expect(4 * merged.constants.DBIAS_STRIDE).toBe(strideOf('grad.l1.bias', 'grad.l2.bias'));
    expect(merged.bindings.dW.offset).toBe(plan.tensors.get('grad.l1.weight')?.offset);
    expect(merged.label).toBe('grad.l1.weight … grad.l5.weight');
  });

  test('layers of different shapes do not share one', () => {
    const plan = planOf(smallMlp({ sizes: [3, 4, 5, 6, 2] }));
    expect(count(plan, 'linear_backward_weight')).toBe(4);
  });

  test('replicas do not add any', () => {
    const network = smallMlp();
    expect(planOf(network, { replicas: 50 }).iteration).toHaveLength(planOf(network).iteration.length);
  });
});

describe('a network that does not fit', () => {
  const limits = { bufferBytes: 2 ** 40, bindingBytes: 2 ** 40, totalBytes: 2 ** 40 };
  const remedy = 'use fewer or narrower layers, a smaller batch or fewer replicas';
  const fail = (change: Partial<typeof limits>): LimitError => {
    try {
      planOf(smallMlp(), { limits: { ...limits, ...change } });
    } catch (error) {
      if (error instanceof LimitError) return error;
      throw error;
    }
    throw new Error('the plan was built');
  };

  test('is refused for its memory as a whole', () => {
    const { bytes } = planOf(smallMlp()).summary;
    const error = fail({ totalBytes: bytes - 1 });
    const sentence = `bytes of memory: ${bytes.toLocaleString('en')} needed, ${(bytes - 1).toLocaleString('en')} available; ${remedy}`;
    expect(error.message).toBe(sentence);
    expect([error.needed, error.have]).toEqual([bytes, bytes - 1]);
    expect(planOf(smallMlp(), { limits: { ...limits, totalBytes: bytes } }).summary.bytes).toBe(bytes);
  });

  test('is refused for one buffer', () => {
    expect(fail({ bufferBytes: 1024 }).message).toMatch(
      new RegExp(`^bytes in one buffer \\(\\w+\\): [\\d,]+ needed, 1,024 available; ${remedy}$`),
    );
  });

  test('is refused for one binding', () => {
    expect(fail({ bindingBytes: 1024 }).message).toMatch(
      new RegExp(`^bytes in one binding \\(\\w+, \\w+\\): [\\d,]+ needed, 1,024 available; ${remedy}$`),
    );
  });
});
