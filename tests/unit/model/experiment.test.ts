import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/model/errors.ts';
import { canonicalJson, identityJson, parseExperiment, runId, withField } from '../../../src/model/experiment.ts';
import { INIT_SCHEMES } from '../../../src/model/init-schema.ts';

/** The message of what `parseExperiment` throws, without the subject; fails if it throws nothing. */
function problemsOf(input: unknown): string[] {
  try {
    parseExperiment(input, 'a.json');
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').map((line) => line.replace(/^a\.json(, )?/, ''));
    throw error;
  }
  return ['accepted'];
}

describe('an experiment that is not valid is refused with path, value and what is valid', () => {
  test.each<[string, unknown, string[]]>([
    ['no object', 5, [': 5 is not valid; valid is an object']],
    ['nothing', undefined, [': nothing is not valid; valid is an object']],
    ['null', null, [': null is not valid; valid is an object']],
    ['a list', [], [': [] is a list; valid is an object or a single value']],
    [
      'a list inside',
      { probes: [], seed: [1] },
      ['probes: [] is a list; valid is an object or a single value', 'seed: [1] is a list; valid is an object or a single value'],
    ],
    [
      'an unknown field',
      { foo: 1 },
      [
        'foo: unknown field; valid is task, model, loss, optimizer, clip, range, precision, nonFinite, stop, batchSize, iterations, seed, probes',
      ],
    ],
    [
      'a misspelt field',
      { model: { kind: 'mlp', depht: 3 } },
      ['model.depht: unknown field; valid is kind, depth, width, activation, norm, normPlacement, bias, init'],
    ],
    [
      'a field of another kind',
      { optimizer: { name: 'sgd', beta1: 0.5 } },
      [
        'optimizer.beta1: unknown field; valid is name, learningRate, schedule, weightDecay, momentum, dampening, nesterov, decoupled',
      ],
    ],
    [
      'a field of a default object',
      { probes: { every: 1 } },
      ['probes.every: unknown field; valid is layersEvery, layers, histograms, testEvery'],
    ],
    ['no kind', { model: { depth: 3 } }, ['model.kind: nothing is not valid; valid is "mlp" or "residual_mlp" or "recurrent"']],
    [
      'an unknown name',
      { task: { name: 'mnis' } },
      [
        'task.name: "mnis" is not valid; valid is "digits8" or "mnist" or "breast_cancer" or "wine" or "teacher" or "adding" or "copy_memory"' +
          ' or "temporal_order" or "delayed_parity" or "digits8_pixels" or "mnist_pixels" or "spoken_digits" or "austen"',
      ],
    ],
    ['an unknown choice', { loss: 'mae' }, ['loss: "mae" is not valid; valid is "cross_entropy" or "mse"']],
    ['a value for an object', { model: 'mlp' }, ['model: "mlp" is not valid; valid is an object']],
    [
      'a text for a number',
      { model: { kind: 'mlp', width: '64' } },
      ['model.width: "64" is not valid; valid is a whole number from 1 to 4096'],
    ],
    [
      'below a range',
      { model: { kind: 'mlp', depth: 0 } },
      ['model.depth: 0 is not valid; valid is a whole number from 1 to 10000'],
    ],
    ['above a range', { seed: 2 ** 32 }, ['seed: 4294967296 is not valid; valid is a whole number from 0 to 4294967295']],
    ['a fraction for a count', { iterations: 1.5 }, ['iterations: 1.5 is not valid; valid is a whole number from 1 to 10000000']],
    [
      'zero for a positive number',
      { clip: { rule: 'value', max: 0 } },
      ['clip.max: 0 is not valid; valid is a finite number above 0'],
    ],
    [
      'a negative number',
      { optimizer: { name: 'sgd', weightDecay: -1 } },
      ['optimizer.weightDecay: -1 is not valid; valid is a finite number of at least 0'],
    ],
    [
      '1 for a fraction',
      { optimizer: { name: 'sgd', momentum: 1 } },
      ['optimizer.momentum: 1 is not valid; valid is a number of at least 0 and below 1'],
    ],
    [
      'NaN',
      { optimizer: { name: 'adam', beta1: Number.NaN } },
      ['optimizer.beta1: NaN is not valid; valid is a number of at least 0 and below 1'],
    ],
    [
      'Infinity',
      { optimizer: { name: 'adam', learningRate: Number.POSITIVE_INFINITY } },
      ['optimizer.learningRate: Infinity is not valid; valid is a finite number above 0'],
    ],
    ['a number for a flag', { model: { kind: 'mlp', bias: 1 } }, ['model.bias: 1 is not valid; valid is true or false']],
    [
      'a long value',
      { nonFinite: 'x'.repeat(100) },
      [`nonFinite: "${'x'.repeat(76)}... is not valid; valid is "continue" or "skip" or "stop"`],
    ],
    ['another range', { range: 'float64' }, ['range: "float64" is not valid; valid is "ieee" or "extended"']],
    [
      'several at once',
      { batchSize: 0, seed: -1 },
      [
        'batchSize: 0 is not valid; valid is a whole number from 1 to 8192',
        'seed: -1 is not valid; valid is a whole number from 0 to 4294967295',
      ],
    ],
  ])('%s', (_, input, expected) => {
    expect(problemsOf(input)).toEqual(expected);
  });

  test('every choice of the schemes is named', () => {
    const [problem] = problemsOf({ model: { kind: 'mlp', init: { scheme: 'he' } } });
    expect(problem).toBe(
      `model.init.scheme: "he" is not valid; valid is ${INIT_SCHEMES.map((name) => `"${name}"`).join(' or ')}`,
    );
  });

  test('the error has a field per problem', () => {
    expect(() => parseExperiment({ loss: 'mae' })).toThrow(ConfigError);
    try {
      parseExperiment({ loss: 'mae' });
    } catch (error) {
      expect((error as ConfigError).problems).toEqual([
        { path: 'loss', problem: '"mae" is not valid; valid is "cross_entropy" or "mse"' },
      ]);
      expect((error as ConfigError).message).toMatch(/^experiment, loss: /);
    }
  });
});

describe('fields that contradict each other are refused', () => {
  const teacher = { task: { name: 'teacher', examples: 8 }, batchSize: 8 };
  test.each<[string, object, string, string | undefined]>([
    ['cross-entropy of a regression', { ...teacher, loss: 'cross_entropy' }, 'loss', 'mse'],
    ['a batch of more than all examples', { ...teacher, batchSize: 9 }, 'batchSize', '1 to 8'],
    ['a batch of more than all of wine', { task: { name: 'wine' }, batchSize: 143 }, 'batchSize', '1 to 142'],
    ['batch norm of one example', { model: { kind: 'mlp', norm: 'batch' }, batchSize: 1 }, 'batchSize', '2 or more'],
    ['Nesterov without momentum', { optimizer: { name: 'sgd', nesterov: true } }, 'optimizer.nesterov', 'momentum above 0'],
    [
      'Nesterov with dampening',
      { optimizer: { name: 'sgd', nesterov: true, momentum: 0.5, dampening: 0.1 } },
      'optimizer.nesterov',
      'dampening 0',
    ],
    [
      'a variance of another scheme',
      { model: { kind: 'mlp', init: { weightVariance: 2 } } },
      'model.init.weightVariance',
      'scaled_normal',
    ],
    [
      'a bias variance of another scheme',
      { model: { kind: 'mlp', init: { biasVariance: 2 } } },
      'model.init.biasVariance',
      'he_normal',
    ],
  ])('%s', (_, input, path, words) => {
    const problems = problemsOf(input);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^${path.replaceAll('.', '\\.')}: `));
    expect(problems[0]).toContain(words);
  });

  test.each([
    { ...teacher },
    { task: { name: 'wine' }, batchSize: 142 },
    { model: { kind: 'mlp', norm: 'batch' }, batchSize: 2 },
    { model: { kind: 'mlp', norm: 'rms', normPlacement: 'after' } },
    { optimizer: { name: 'sgd', nesterov: true, momentum: 0.5 } },
    { model: { kind: 'mlp', init: { scheme: 'scaled_normal', weightVariance: 2, biasVariance: 0.1 } } },
  ])('control: %j is accepted', (input) => {
    expect(problemsOf(input)).toEqual(['accepted']);
  });
});

describe('defaults', () => {
  test('the loss is what the task is made for', () => {
    expect(parseExperiment({}).loss).toBe('cross_entropy');
    expect(parseExperiment({ task: { name: 'teacher' } }).loss).toBe('mse');
  });

  test('an experiment that has all fields is left as it is', () => {
    const once = parseExperiment({ model: { kind: 'residual_mlp' }, optimizer: { name: 'rmsprop' }, clip: { rule: 'value' } });
    expect(parseExperiment(once)).toEqual(once);
  });
});

describe('names', () => {
  test('canonical JSON does not depend on the order of keys, and leaves out what is undefined', () => {
    expect(canonicalJson({ b: 1, a: { d: [1, { f: 2, e: 3 }], c: 'x"' }, u: undefined })).toBe(
      '{"a":{"c":"x\\"","d":[1,{"e":3,"f":2}]},"b":1}',
    );
    expect(canonicalJson({ a: { c: 'x"', d: [1, { e: 3, f: 2 }] }, b: 1 })).toBe(
      canonicalJson({ b: 1, a: { d: [1, { f: 2, e: 3 }], c: 'x"' } }),
    );
  });

  test('a run id is the same for equal experiments, however they are written, and another for others', () => {
    const id = runId(parseExperiment({ seed: 3, model: { kind: 'mlp', width: 32 } }));
    expect(runId(parseExperiment({ model: { width: 32, kind: 'mlp', depth: 8 }, seed: 3, loss: 'cross_entropy' }))).toBe(id);
    expect(runId(parseExperiment({ seed: 4, model: { kind: 'mlp', width: 32 } }))).not.toBe(id);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
  });

  test('a field that came later is part of the run id only where it says something new', () => {
    const model = { kind: 'mlp', norm: 'batch' } as const;
    const id = runId(parseExperiment({ model }));
    expect(runId(parseExperiment({ model: { ...model, normPlacement: 'before' } }))).toBe(id);
    expect(runId(parseExperiment({ model: { ...model, normPlacement: 'after' } }))).not.toBe(id);
    expect(runId(parseExperiment({ model, range: 'ieee' }))).toBe(id);
    expect(runId(parseExperiment({ model, range: 'extended' }))).not.toBe(id);
  });

  test('the run id of the default experiment stays what it is', () => {
    // FNV-1a, 64 bits, of the canonical JSON without fields that came later, computed by an independent Python program:
    // h = 0xcbf29ce484222325; for b in text.encode(): h = (h ^ b) * 0x100000001b3 % 2**64
    const experiment = parseExperiment({});
    expect(identityJson(experiment)).toBe(
      '{"batchSize":64,"clip":{"rule":"none"},"iterations":1000,"loss":"cross_entropy","model":{"activation":"relu","bias":true,' +
        '"depth":8,"init":{"biasVariance":0,"gain":1,"scheme":"he_normal","weightVariance":1},"kind":"mlp","norm":"none","width":64},' +
        '"nonFinite":"continue","optimizer":{"dampening":0,"learningRate":0.01,"momentum":0,"name":"sgd","nesterov":false,"weightDecay":0},' +
        '"probes":{"layersEvery":1,"testEvery":100},"seed":1,' +
        '"stop":{"lossBelow":0,"lossFactor":0,"plateau":0,"plateauShare":0.01,"weightsNotFinite":false,"window":20},' +
        '"task":{"inputScale":1,"name":"digits8","normalisation":"standardize"}}',
    );
    expect(runId(experiment)).toBe('a40939a9e658f99f');
  });
});

describe('withField', () => {
  test('replaces a field, makes missing objects, and leaves the original alone', () => {
    const input = { seed: 1, optimizer: { name: 'sgd' as const } };
    expect(withField(input, 'optimizer.learningRate', 0.5)).toEqual({ seed: 1, optimizer: { name: 'sgd', learningRate: 0.5 } });
    expect(withField(input, 'model.init.gain', 2)).toEqual({ ...input, model: { init: { gain: 2 } } });
    expect(withField(input, 'seed', 7)).toEqual({ ...input, seed: 7 });
    expect(input).toEqual({ seed: 1, optimizer: { name: 'sgd' } });
  });

  test('refuses a path through a value', () => {
    expect(() => withField({ seed: 1 }, 'seed.low', 2)).toThrow('seed.low');
    expect(() => withField({ seed: 1 }, 'seed.low', 2)).toThrow(ConfigError);
  });
});
