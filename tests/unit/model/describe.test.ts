import { describe, expect, test } from 'vitest';
import { describeFields, textOf } from '../../../src/model/describe.ts';
import { parseExperiment, withField } from '../../../src/model/experiment.ts';
import type { ExperimentInput } from '../../../src/model/schema.ts';

/** Dotted paths of an object's values. */
function pathsOf(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, field]) =>
    typeof field === 'object' && field !== null ? pathsOf(field, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}

describe('the documentation of fields', () => {
  const described = describeFields();

  test('covers every field of complete experiments', () => {
    const inputs = [
      {},
      { task: { name: 'teacher' }, model: { kind: 'residual_mlp' }, optimizer: { name: 'rmsprop' }, clip: { rule: 'value' } },
      { optimizer: { name: 'adamw' }, clip: { rule: 'torch_norm' } },
    ];
    const paths = new Set(described.map(({ path }) => path));
    for (const input of inputs) for (const path of pathsOf(parseExperiment(input))) expect(paths, path).toContain(path);
  });

  test('gives each a sentence and what is valid', () => {
    for (const { path, text, valid } of described) {
      expect(text, path).toMatch(/^([A-Z]|\w+: ).*\.$/s);
      expect(valid, path).not.toBe('');
    }
  });

  test('agrees with the schema’s defaults', () => {
    // Of the default experiment: sgd's learning rate 0.01, digits8's inputScale 1.
    const byPath = new Map(described.map((field) => [field.path, field]));
    expect(byPath.get('optimizer.learningRate')?.default).toBe(0.01);
    expect(byPath.get('task.inputScale')?.default).toBe(1);
    expect(byPath.get('model.depth')?.valid).toBe('a whole number from 1 to 10000');
    // Each range once, though several tasks have some of them.
    expect(byPath.get('task.length')?.valid).toBe(
      [2, 21, 20].map((least) => `a whole number from ${least} to 10000, `).join('') +
        'a whole number from 1 to 64, a whole number from 1 to 784, a whole number from 1 to 10000',
    );
    expect(byPath.get('optimizer.name')?.of).toEqual(['sgd', 'adam', 'adamw', 'rmsprop']);
  });

  test('of one experiment are its own: the form it has chosen, and all that could be chosen instead', () => {
    const paths = (input: ExperimentInput) => describeFields(parseExperiment(input)).map(({ path }) => path);
    const inputs: ExperimentInput[] = [
      {},
      { task: { name: 'teacher' }, model: { kind: 'residual_mlp', finalNorm: true }, optimizer: { name: 'rmsprop' } },
      { task: { name: 'delayed_parity' }, model: { kind: 'recurrent' }, clip: { rule: 'adaptive' } },
    ];
    for (const input of inputs) {
      const optional = /^model\.init\.branch/;
      expect(
        paths(input)
          .filter((path) => !optional.test(path))
          .sort(),
      ).toEqual(pathsOf(parseExperiment(input)).sort());
    }
    const pixels = describeFields(parseExperiment({ task: { name: 'digits8_pixels' }, model: { kind: 'recurrent' } }));
    const length = pixels.find(({ path }) => path === 'task.length');
    expect([length?.valid, length?.default, length?.bounds]).toEqual([
      'a whole number from 1 to 64',
      64,
      { isInteger: true, least: 1, most: 64 },
    ]);
    expect(pixels.find(({ path }) => path === 'optimizer.name')?.options).toContainEqual({
      value: 'adamw',
      label: 'AdamW',
      text: 'torch.optim.AdamW: Adam that shrinks the weights directly.',
    });
  });

  test('say what a field needs: without it any other value than the default is refused', () => {
    const cases: [ExperimentInput, string, unknown, ExperimentInput][] = [
      [{ model: { kind: 'mlp' } }, 'model.init.weightVariance', 2, { model: { kind: 'mlp', init: { scheme: 'scaled_normal' } } }],
      [{ model: { kind: 'mlp' } }, 'model.normPlacement', 'after', { model: { kind: 'mlp', norm: 'batch' } }],
      [{ optimizer: { name: 'sgd' } }, 'optimizer.nesterov', true, { optimizer: { name: 'sgd', momentum: 0.9 } }],
      [
        { optimizer: { name: 'sgd', schedule: { name: 'constant' } } },
        'optimizer.schedule.warmupStart',
        0.5,
        { optimizer: { name: 'sgd', schedule: { name: 'constant', warmup: 9 } } },
      ],
      [
        { model: { kind: 'residual_mlp', branch: 'one_layer' } },
        'model.inner',
        32,
        { model: { kind: 'residual_mlp', branch: 'two_layer' } },
      ],
    ];
    for (const [without, path, value, having] of cases) {
      expect(described.find((field) => field.path === path)?.needs, path).toBeDefined();
      expect(() => parseExperiment(withField(without, path, value)), path).toThrow(path);
      expect(() => parseExperiment(withField(having, path, value)), path).not.toThrow();
    }
  });

  test('has no text for a field that does not exist', () => {
    expect(() => textOf('model.depht')).toThrow('no field "model.depht"');
  });
});
