import { describe, expect, test } from 'vitest';
import { describeFields, textOf } from '../../../src/model/describe.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';

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
      expect(text, path).toMatch(/^[A-Z].*\.$|^torch|^he:|^σ|^x ←/s);
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

  test('has no text for a field that does not exist', () => {
    expect(() => textOf('model.depht')).toThrow('no field "model.depht"');
  });
});
