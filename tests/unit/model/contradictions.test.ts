import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/model/errors.ts';
import { parseExperiment, runId } from '../../../src/model/experiment.ts';

/** `path: sentence` of each problem; empty for an experiment that is accepted. */
function problemsOf(input: unknown): string[] {
  try {
    parseExperiment(input);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ path, problem }) => `${path}: ${problem}`);
    throw error;
  }
}

/** A combination without meaning, the field that is named and what the sentence says; and the nearest one that has a meaning. */
type Row = readonly [name: string, wrong: object, path: string, words: string, right: object];

const scheduled = (iterations: number, schedule: object) => ({ iterations, optimizer: { name: 'sgd', schedule } });
const residual = (more: object) => ({ model: { kind: 'residual_mlp', ...more } });
const scaled = { scheme: 'scaled_normal', branchWeightVariance: 0.5, branchBiasVariance: 0 };

const ROWS: readonly Row[] = [
  [
    'an extended range of half precision',
    { range: 'extended', precision: { name: 'float16' } },
    'range',
    'valid is "ieee"',
    { range: 'ieee', precision: { name: 'float16' } },
  ],
  [
    'a norm of each tensor beyond float32',
    { range: 'extended', clip: { rule: 'torch_norm_per_tensor' } },
    'range',
    'valid is "ieee"',
    { range: 'extended', clip: { rule: 'torch_norm' } },
  ],
  [
    'norms of units beyond float32',
    { range: 'extended', clip: { rule: 'adaptive' } },
    'range',
    'valid is "ieee"',
    { range: 'ieee', clip: { rule: 'adaptive' } },
  ],
  [
    'layer norm inside a cell beyond float32',
    { task: { name: 'adding' }, model: { kind: 'recurrent', norm: 'layer' }, range: 'extended' },
    'range',
    'valid is "ieee", or model.norm "none"',
    { task: { name: 'adding' }, model: { kind: 'recurrent', norm: 'layer' } },
  ],
  [
    'a place without a norm',
    { model: { kind: 'mlp', normPlacement: 'after' } },
    'model.normPlacement',
    'leave it out',
    { model: { kind: 'mlp', normPlacement: 'after', norm: 'rms' } },
  ],
  [
    'a norm of blocks that have none',
    residual({ form: 'plain', norm: 'batch' }),
    'model.norm',
    'form "plain"',
    residual({ form: 'post_norm', norm: 'batch' }),
  ],
  [
    'a final norm of blocks that have none',
    residual({ form: 'plain', finalNorm: true }),
    'model.finalNorm',
    'valid is false',
    residual({ form: 'plain', finalNorm: false }),
  ],
  [
    'batch norm of one example in blocks',
    { ...residual({ norm: 'batch' }), batchSize: 1 },
    'batchSize',
    '2 or more',
    { ...residual({ norm: 'batch' }), batchSize: 2 },
  ],
  [
    'inner units of blocks of one layer',
    residual({ branch: 'one_layer', inner: 32 }),
    'model.inner',
    'one_layer',
    residual({ branch: 'two_layer', inner: 32 }),
  ],
  [
    'a variance of branches that the scheme does not have',
    residual({ init: { scheme: 'he_normal', branchWeightVariance: 0.5 } }),
    'model.init.branchWeightVariance',
    'scaled_normal',
    residual({ init: scaled }),
  ],
  [
    'a warm-up longer than the run',
    scheduled(10, { name: 'constant', warmup: 11 }),
    'optimizer.schedule.warmup',
    'up to 10',
    scheduled(10, { name: 'constant', warmup: 10 }),
  ],
  [
    'the start of no warm-up',
    scheduled(10, { name: 'constant', warmupStart: 0.5 }),
    'optimizer.schedule.warmupStart',
    'warmup is 0',
    scheduled(10, { name: 'constant', warmupStart: 0.5, warmup: 1 }),
  ],
  [
    'a cosine longer than what the warm-up leaves of the run',
    scheduled(10, { name: 'cosine', warmup: 4, period: 7 }),
    'optimizer.schedule.period',
    'up to 6, or 0',
    scheduled(10, { name: 'cosine', warmup: 4, period: 6 }),
  ],
  [
    'a warm-up that leaves nothing to the cosine',
    scheduled(10, { name: 'cosine', warmup: 10 }),
    'optimizer.schedule.warmup',
    'up to 9',
    scheduled(10, { name: 'cosine', warmup: 9 }),
  ],
  [
    'a step longer than the run',
    scheduled(10, { name: 'step', every: 11 }),
    'optimizer.schedule.every',
    'up to 10',
    scheduled(10, { name: 'step', every: 10 }),
  ],
  [
    'steps beyond float32',
    // 10^39 in the last iteration, 10^38 in the one before
    scheduled(40, { name: 'step', every: 1, factor: 10 }),
    'optimizer.schedule.factor',
    'beyond 3.4e38',
    scheduled(39, { name: 'step', every: 1, factor: 10 }),
  ],
  [
    'a cycle longer than the run',
    scheduled(10, { name: 'one_cycle', period: 11 }),
    'optimizer.schedule.period',
    'up to 10, or 0',
    scheduled(10, { name: 'one_cycle', period: 10 }),
  ],
  [
    'a cycle that does not rise',
    scheduled(10, { name: 'one_cycle', peakShare: 0.1 }),
    'optimizer.schedule.peakShare',
    'above 0.1',
    scheduled(10, { name: 'one_cycle', peakShare: 0.11 }),
  ],
];

describe.each(ROWS)('%s', (_, wrong, path, words, right) => {
  test('is refused with the field and what is valid', () => {
    const problems = problemsOf(wrong);
    expect(problems).toHaveLength(1);
    expect(problems[0].startsWith(`${path}: `)).toBe(true);
    expect(problems[0]).toContain(words);
  });
  test('control: the nearest one with a meaning is accepted', () => {
    expect(problemsOf(right)).toEqual([]);
  });
});

test('no size can be 0', () => {
  for (const [field, kind] of [
    ['width', 'mlp'],
    ['depth', 'mlp'],
    ['inner', 'residual_mlp'],
  ]) {
    const [problem] = problemsOf({ model: { kind, [field]: 0, init: { scheme: 'orthogonal' } } });
    expect(problem).toMatch(new RegExp(`^model.${field}: 0 is not valid; valid is a whole number from 1 to `));
  }
});

test('both bounds of a share are named', () => {
  expect(problemsOf(scheduled(10, { name: 'constant', warmup: 2, warmupStart: 0 }))).toEqual([
    'optimizer.schedule.warmupStart: 0 is not valid; valid is a number above 0 and at most 1',
  ]);
  expect(problemsOf(scheduled(10, { name: 'one_cycle', peakShare: 1 }))).toEqual([
    'optimizer.schedule.peakShare: 1 is not valid; valid is a number above 0 and below 1',
  ]);
});

describe('the final norm of a residual network', () => {
  const finalNorm = (model: object) => {
    const parsed = parseExperiment({ model: { kind: 'residual_mlp', ...model } }).model;
    return parsed.kind === 'residual_mlp' && parsed.finalNorm;
  };
  test('stands by default where the form is pre_norm', () => {
    expect([{}, { form: 'post_norm' }, { form: 'plain' }].map(finalNorm)).toEqual([true, false, false]);
  });
  test('can be added and left out', () => {
    expect([{ finalNorm: false }, { form: 'post_norm', finalNorm: true }].map(finalNorm)).toEqual([false, true]);
  });
});

test('a residual network that says nothing of its form has the run id that it had when there was one form', () => {
  // FNV-1a of the canonical JSON without the fields that came later, as before they came.
  expect(runId(parseExperiment({ model: { kind: 'residual_mlp' } }))).toBe('023ad158ba30d3a5');
  expect(runId(parseExperiment({ model: { kind: 'residual_mlp', form: 'pre_norm', norm: 'layer', finalNorm: true } }))).toBe(
    '023ad158ba30d3a5',
  );
  for (const more of [{ form: 'post_norm' }, { norm: 'rms' }, { branchScale: 0.5 }, { finalNorm: false }, { bias: false }]) {
    expect(runId(parseExperiment({ model: { kind: 'residual_mlp', ...more } }))).not.toBe('023ad158ba30d3a5');
  }
});
