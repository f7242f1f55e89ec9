import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/model/errors.ts';
import { parseExperiment, runId } from '../../../src/model/experiment.ts';
import { isRegressionTask } from '../../../src/model/regression.ts';
import { isSequenceTask, SEQUENCE_TASKS, trainingExamples } from '../../../src/model/task-schema.ts';

/** What is wrong with the task, its batch size or its loss; other fields are not looked at. */
function problemsOf(task: object, more: object = {}): string[] {
  try {
    parseExperiment({ model: { kind: 'recurrent' }, task, ...more });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems
      .filter(({ path }) => /^(task|batchSize|loss)/.test(path))
      .map(({ path, problem }) => `${path}: ${problem}`);
  }
  return [];
}

const LENGTHS = {
  adding: [2, 10_000],
  copy_memory: [21, 10_000],
  temporal_order: [20, 10_000],
  delayed_parity: [2, 10_000],
  digits8_pixels: [1, 64],
  mnist_pixels: [1, 784],
  spoken_digits: [1, 64],
  austen: [1, 10_000],
} as const;

describe.each(SEQUENCE_TASKS)('%s', (name) => {
  const [least, most] = LENGTHS[name];
  const bits = name === 'delayed_parity' ? { bits: 1 } : {};

  test('is accepted with its least and greatest length, and by its name alone', () => {
    expect(problemsOf({ name })).toEqual([]);
    // A batch of 1, because there are few windows of 10,000 characters.
    for (const length of [least, most]) expect(problemsOf({ name, length, ...bits }, { batchSize: 1 })).toEqual([]);
  });

  test.each([least - 1, most + 1, least + 0.5, Number.NaN])(
    'of %d steps is refused with the field, the value and what is valid',
    (length) => {
      expect(problemsOf({ name, length, ...bits })).toEqual([
        `task.length: ${length} is not valid; valid is a whole number from ${least} to ${most}`,
      ]);
    },
  );

  test('is a sequence task, and has the loss that it is made for', () => {
    const { task, loss } = parseExperiment({ task: { name }, model: { kind: 'recurrent' } });
    expect(isSequenceTask(task)).toBe(true);
    expect(loss).toBe(name === 'adding' ? 'mse' : 'cross_entropy');
    expect(isRegressionTask(task)).toBe(loss === 'mse');
  });
});

test('other tasks are no sequences and have no length', () => {
  for (const name of ['digits8', 'mnist', 'breast_cancer', 'wine', 'teacher'] as const) {
    expect(isSequenceTask(parseExperiment({ task: { name } }).task)).toBe(false);
    expect(problemsOf({ name, length: 8 })[0]).toMatch(/^task\.length: unknown field; valid is name/);
  }
});

test('cross-entropy of the adding problem is refused', () => {
  expect(problemsOf({ name: 'adding' }, { loss: 'cross_entropy' })).toEqual([
    'loss: "cross_entropy" needs classes and the adding task has none; valid is "mse"',
  ]);
  expect(problemsOf({ name: 'temporal_order' }, { loss: 'mse' })).toEqual([]);
});

describe('the bits of delayed_parity', () => {
  test('must leave a step for the answer', () => {
    expect(problemsOf({ name: 'delayed_parity', length: 5, bits: 5 })).toEqual([
      'task.bits: 5 leaves no step for the answer in a sequence of 5; valid is 1 to 4',
    ]);
    expect(problemsOf({ name: 'delayed_parity', length: 5, bits: 4 })).toEqual([]);
  });
  test.each([0, 17])('cannot be %i', (bits) => {
    expect(problemsOf({ name: 'delayed_parity', bits })).toEqual([
      `task.bits: ${bits} is not valid; valid is a whole number from 1 to 16`,
    ]);
  });
});

describe('a batch', () => {
  test('of generated sequences has no limit but that of the field', () => {
    for (const name of ['adding', 'copy_memory', 'temporal_order', 'delayed_parity']) {
      expect(problemsOf({ name }, { batchSize: 8192 })).toEqual([]);
      expect(
        trainingExamples(parseExperiment({ task: { name } as { name: 'adding' }, model: { kind: 'recurrent' } }).task),
      ).toBeUndefined();
    }
  });
  test('of clips is at most all clips', () => {
    expect(problemsOf({ name: 'spoken_digits' }, { batchSize: 2380 })).toEqual([]);
    expect(problemsOf({ name: 'spoken_digits' }, { batchSize: 2381 })).toEqual([
      'batchSize: 2381 exceeds the 2380 training examples of spoken_digits; valid is 1 to 2380',
    ]);
  });
  test('of a text is at most all windows of it', () => {
    // floor((614,222 - 1) / 10,000) = 61: each window is followed by a character.
    expect(problemsOf({ name: 'austen', length: 10_000 }, { batchSize: 61 })).toEqual([]);
    expect(problemsOf({ name: 'austen', length: 10_000 }, { batchSize: 62 })).toEqual([
      'batchSize: 62 exceeds the 61 windows of 10000 characters; valid is 1 to 61',
    ]);
  });
});

test('the length is part of what a run is', () => {
  const model = { kind: 'recurrent' } as const;
  const id = (length: number) => runId(parseExperiment({ task: { name: 'adding', length }, model }));
  expect(id(100)).toBe(runId(parseExperiment({ task: { name: 'adding' }, model })));
  expect(id(101)).not.toBe(id(100));
});
