/** The form's fields: every one of the schema, what a change of it costs, where it leads. */
import { describe, expect, test } from 'vitest';
import { describeFields } from '../../../../src/model/describe.ts';
import { ConfigError } from '../../../../src/model/errors.ts';
import { parseExperiment } from '../../../../src/model/experiment.ts';
import type { Experiment, ExperimentInput } from '../../../../src/model/schema.ts';
import { isRetune } from '../../../../src/sweep/plan-key.ts';
import { ALL_FIELDS, applies, defaultOf, fieldsOf, fieldValue, isLive } from '../../../../src/ui/fields.ts';
import { groupOf } from '../../../../src/ui/form/groups.ts';
import { rowsOf } from '../../../../src/ui/form/rows.ts';
import { changedPaths, editRuns } from '../../../../src/ui/settings.ts';

/** Experiments that have every field between them. */
const INPUTS: ExperimentInput[] = [
  {},
  {
    task: { name: 'wine' },
    model: { kind: 'mlp', norm: 'batch', init: { scheme: 'scaled_normal' } },
    clip: { rule: 'torch_norm' },
  },
  {
    task: { name: 'teacher' },
    model: { kind: 'residual_mlp', init: { scheme: 'scaled_normal' } },
    optimizer: { name: 'rmsprop', schedule: { name: 'step' } },
    clip: { rule: 'adaptive' },
  },
  {
    model: { kind: 'residual_mlp' },
    optimizer: { name: 'adam', schedule: { name: 'cosine', warmup: 10 } },
    precision: { name: 'float16' },
  },
  { task: { name: 'delayed_parity' }, model: { kind: 'recurrent', cell: 'rnn' }, optimizer: { name: 'sgd', momentum: 0.9 } },
  { task: { name: 'austen' }, model: { kind: 'recurrent' }, optimizer: { name: 'adamw', schedule: { name: 'one_cycle' } } },
];
const EXPERIMENTS = INPUTS.map((input) => parseExperiment(input));
const edited = (experiment: Experiment, path: string, value: unknown) => editRuns([experiment, experiment], 0, path, value)[0];

test('every field of the schema stands in the form of an experiment that it belongs to, with label, reason, and range or choices', () => {
  const shown = new Set<string>();
  for (const experiment of EXPERIMENTS) {
    for (const { field } of rowsOf([{ name: 'A', experiment }], {})) {
      shown.add(field.path);
      expect(field.label, field.path).toMatch(/^[A-Zα-ω]/);
      expect(field.text, field.path).toMatch(/\.$/);
      expect(field.kind === 'number' ? field.bounds : field.kind === 'flag' || field.options.length > 1).toBeTruthy();
      if (field.kind === 'number' && field.path !== 'seed') expect(field.unit, field.path).not.toBe('');
    }
  }
  expect([...shown].sort()).toEqual(
    describeFields()
      .map(({ path }) => path)
      .sort(),
  );
});

test('each of a group’s fields has a name of its own', () => {
  for (const experiment of EXPERIMENTS) {
    const names = rowsOf([{ name: 'A', experiment }], {}).map(({ field }) => `${groupOf(field.path).title} ${field.label}`);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  }
});

describe('an edit', () => {
  test('of every field to its own value changes nothing', () => {
    for (const experiment of EXPERIMENTS) {
      for (const path of fieldsOf(experiment).keys()) {
        const value = fieldValue(experiment, path);
        if (value !== undefined) expect([path, edited(experiment, path, value)]).toEqual([path, experiment]);
      }
    }
  });

  test('to every choice gives a valid experiment that has it, or a sentence', () => {
    let valid = 0;
    for (const experiment of EXPERIMENTS) {
      for (const { path, kind, choices } of fieldsOf(experiment).values()) {
        for (const value of kind === 'flag' ? [true, false] : choices) {
          try {
            const next = edited(experiment, path, value);
            expect(parseExperiment(next as never)).toEqual(next);
            expect(fieldValue(next, path)).toBe(value);
            valid++;
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
            expect((error as ConfigError).problems[0].problem).toMatch(/valid is|leave it out|needs/);
          }
        }
      }
    }
    expect(valid).toBeGreaterThan(300);
  });

  test('that is called live leaves plan and initial weights what they are', () => {
    // A value that differs from the default, where the next one up would not be valid.
    const other: Readonly<Record<string, unknown>> = { 'precision.lossScale': 2, 'optimizer.dampening': 0.1 };
    for (const experiment of EXPERIMENTS) {
      for (const { path, kind, choices } of fieldsOf(experiment).values()) {
        const value = fieldValue(experiment, path);
        const next =
          kind === 'number'
            ? (other[path] ?? (value === 1 ? 2 : Number(value ?? 1) / 2))
            : kind === 'flag'
              ? !value
              : choices.find((c) => c !== value);
        let changed: Experiment;
        try {
          changed = edited(experiment, path, next);
        } catch {
          continue;
        }
        if (changed === experiment || /^(clip\.rule|probes|iterations|optimizer\.name)/.test(path)) continue;
        if (isLive(path)) expect([path, isRetune(experiment, changed)]).toEqual([path, true]);
      }
    }
  });
});

describe('a reset', () => {
  const reset = (experiment: Experiment, path: string) => edited(experiment, path, undefined);

  test('takes every changed field back to what the schema fills in', () => {
    const changed = parseExperiment({
      model: { kind: 'mlp', depth: 30, init: { scheme: 'scaled_normal', weightVariance: 4 } },
      loss: 'mse',
      clip: { rule: 'torch_norm', max: 3 },
      optimizer: { name: 'adam', learningRate: 0.1, beta1: 0.5 },
      stop: { window: 7 },
      seed: 4,
    });
    for (const path of changedPaths(changed).keys()) {
      const next = reset(changed, path);
      expect([path, changedPaths(next).has(path)]).toEqual([path, false]);
      expect([path, fieldValue(next, path)]).toEqual([
        path,
        fieldValue(next, path) === undefined ? undefined : defaultOf(changed, path),
      ]);
    }
  });

  test('finds defaults that other fields decide', () => {
    const teacher = parseExperiment({ task: { name: 'teacher' } });
    expect([defaultOf(teacher, 'loss'), defaultOf(parseExperiment({}), 'loss')]).toEqual(['mse', 'cross_entropy']);
    const post = parseExperiment({ model: { kind: 'residual_mlp', form: 'post_norm', finalNorm: true } });
    expect(reset(post, 'model.finalNorm').model).toMatchObject({ finalNorm: false });
    const recurrent = parseExperiment({ task: { name: 'adding' }, model: { kind: 'recurrent', init: { scheme: 'he_normal' } } });
    expect(reset(recurrent, 'model.init.scheme').model.init.scheme).toBe('xavier_uniform');
  });

  test('of all runs, and an edit, leave those alone that have no such field, also where it was left out', () => {
    const [mlp, , residual] = EXPERIMENTS;
    const path = 'model.init.branchWeightVariance';
    const both = editRuns([mlp, residual], 'all', path, 2);
    expect([both[0], fieldValue(both[1], path)]).toEqual([mlp, 2]);
    expect(editRuns(both, 'all', path, undefined)).toEqual([mlp, residual]);
  });

  test('leaves a field out that has no default', () => {
    const branch = EXPERIMENTS[2];
    const set = edited(branch, 'model.init.branchWeightVariance', 2);
    expect(fieldValue(set, 'model.init.branchWeightVariance')).toBe(2);
    expect(reset(set, 'model.init.branchWeightVariance')).toEqual(branch);
  });
});

test('a field that lacks what it needs is not in the form; control: with it, it is', () => {
  const variance = 'model.init.weightVariance';
  expect(EXPERIMENTS.slice(0, 2).map((experiment) => applies(variance, experiment))).toEqual([false, true]);
  expect(ALL_FIELDS.find(({ path }) => path === variance)?.needs).toEqual({ path: 'model.init.scheme', is: ['scaled_normal'] });
});
