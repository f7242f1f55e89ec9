import { describe, expect, test } from 'vitest';
import { markedSteps } from '../../../src/data/adding.ts';
import { COPIED } from '../../../src/data/copy-memory.ts';
import { TEST_EXAMPLES } from '../../../src/data/generated.ts';
import { GENERATORS } from '../../../src/data/generators.ts';
import { loadDataset } from '../../../src/data/load.ts';
import { orderedSteps } from '../../../src/data/temporal-order.ts';
import { PURPOSE, philox } from '../../../src/math/philox.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { GENERATED_TASKS, type GeneratedTaskName } from '../../../src/model/task-schema.ts';
import { readAsset } from './assets.ts';

const N = 20_000;
const BITS = 3;
const keys = Array.from({ length: N }, (_, e) => philox(e, PURPOSE.sequence, 1)[0]);

/** Inputs (steps, inputs), labels and target of an example. */
function exampleOf(name: GeneratedTaskName, key: number, steps: number, bits = BITS) {
  const { inputs, example } = GENERATORS[name];
  const { write, label, target } = example(key, steps, bits);
  const x = Array.from({ length: steps }, (_, t) => {
    const row = new Float32Array(inputs);
    write(t, row, 0);
    return [...row];
  });
  return { x, labels: Array.from({ length: steps }, (_, t) => label(t)), target };
}

/** The column of a one-hot row; fails where it is none. */
function symbolOf(row: readonly number[]): number {
  expect([...row].sort()).toEqual([...Array(row.length - 1).fill(0), 1]);
  return row.indexOf(1);
}

/** Five standard deviations of the count of `n` trials that succeed with probability `p`. */
const binomial = (n: number, p: number) => 5 * Math.sqrt(n * p * (1 - p));

/** Every value from `low` to `high` comes about equally often. */
function expectUniform(values: readonly number[], low: number, high: number): void {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual(Array.from({ length: high - low + 1 }, (_, k) => low + k));
  const p = 1 / (high - low + 1);
  for (const count of counts.values()) expect(Math.abs(count - values.length * p)).toBeLessThan(binomial(values.length, p));
}

describe('adding', () => {
  test.each([2, 3, 10, 101])('marks one step in each half of %i', (steps) => {
    const half = Math.floor(steps / 2);
    for (const key of keys.slice(0, 50)) {
      const { x, target } = exampleOf('adding', key, steps);
      const marked = x.flatMap(([, mark], t) => (mark === 1 ? [t] : []));
      expect(marked).toEqual([...markedSteps(key, steps)]);
      expect(marked[0]).toBeLessThan(half);
      expect(marked[1]).toBeGreaterThanOrEqual(half);
      expect(x.every(([, mark]) => mark === 0 || mark === 1)).toBe(true);
      // The last of 25 bits is dropped.
      expect(Math.abs((target ?? 0) - marked.reduce((sum, t) => sum + x[t][0], 0))).toBeLessThanOrEqual(2 ** -24);
    }
  });

  test('marks every step of a half equally often', () => {
    const marks = keys.map((key) => markedSteps(key, 21));
    expectUniform(
      marks.map(([a]) => a),
      0,
      9,
    );
    expectUniform(
      marks.map(([, b]) => b),
      10,
      20,
    );
  });

  test('has targets of mean 1 and variance 1/6', () => {
    const targets = keys.map((key) => GENERATORS.adding.example(key, 50, 0).target ?? Number.NaN);
    const mean = targets.reduce((sum, y) => sum + y, 0) / N;
    const variance = targets.reduce((sum, y) => sum + (y - mean) ** 2, 0) / N;
    // Five standard errors. The fourth central moment of a sum of two uniform numbers is 2/80 + 6/144.
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(1 / 6 / N));
    expect(Math.abs(variance - 1 / 6)).toBeLessThan(5 * Math.sqrt((2 / 80 + 6 / 144 - 1 / 36) / N));
  });

  test('has numbers in [0, 1) that float32 holds', () => {
    const numbers = keys.slice(0, 100).flatMap((key) => exampleOf('adding', key, 30).x.map(([value]) => value));
    expect(numbers.every((value) => value >= 0 && value < 1 && Number.isInteger(value * 2 ** 24))).toBe(true);
    expect(Math.abs(numbers.reduce((a, b) => a + b) / numbers.length - 0.5)).toBeLessThan(5 / Math.sqrt(12 * numbers.length));
  });
});

describe('copy_memory', () => {
  test.each([21, 22, 60])('of %i steps: symbols, blanks, delimiter, blanks; the symbols are asked for at the end', (steps) => {
    for (const key of keys.slice(0, 50)) {
      const { x, labels } = exampleOf('copy_memory', key, steps);
      const symbols = x.map(symbolOf);
      const copied = symbols.slice(0, COPIED);
      expect(copied.every((symbol) => symbol >= 1 && symbol <= 8)).toBe(true);
      expect(symbols.slice(COPIED)).toEqual([...Array(steps - 21).fill(0), 9, ...Array(COPIED).fill(0)]);
      expect(labels).toEqual([...Array(steps - COPIED).fill(0), ...copied]);
    }
  });

  test('has each symbol equally often at each place', () => {
    for (const t of [0, 4, 9]) {
      const label = keys.map((key) => GENERATORS.copy_memory.example(key, 30, 0).label(20 + t));
      expectUniform(label, 1, 8);
    }
  });
});

describe('temporal_order', () => {
  test.each([20, 33, 100])('of %i steps: one A or B in the second tenth and one in the fifth', (steps) => {
    for (const key of keys.slice(0, 50)) {
      const { x, labels } = exampleOf('temporal_order', key, steps);
      const symbols = x.map(symbolOf);
      const places = symbols.flatMap((symbol, t) => (symbol < 2 ? [t] : []));
      expect(places).toEqual([...orderedSteps(key, steps)]);
      expect(places[0]).toBeGreaterThanOrEqual(Math.floor(steps / 10));
      expect(places[0]).toBeLessThanOrEqual(Math.floor((2 * steps) / 10));
      expect(places[1]).toBeGreaterThanOrEqual(Math.floor((4 * steps) / 10));
      expect(places[1]).toBeLessThanOrEqual(Math.floor((5 * steps) / 10));
      expect(new Set(labels)).toEqual(new Set([2 * symbols[places[0]] + symbols[places[1]]]));
    }
  });

  test('has each place, each class and each distractor equally often', () => {
    const places = keys.map((key) => orderedSteps(key, 100));
    expectUniform(
      places.map(([a]) => a),
      10,
      20,
    );
    expectUniform(
      places.map(([, b]) => b),
      40,
      50,
    );
    const labels = keys.map((key) => GENERATORS.temporal_order.example(key, 100, 0).label(99));
    expectUniform(labels, 0, 3);
    expectUniform(
      keys.map((key) => symbolOf(exampleOf('temporal_order', key, 20).x[19])),
      2,
      5,
    );
  });
});

describe('delayed_parity', () => {
  test.each([
    [2, 1],
    [17, 16],
    [50, 3],
  ])('of %i steps: %i bits, zeros, and a sign at the last step', (steps, bits) => {
    for (const key of keys.slice(0, 50)) {
      const { x, labels } = exampleOf('delayed_parity', key, steps, bits);
      const given = x.slice(0, bits).map(([value]) => value);
      expect(given.every((value) => value === 1 || value === -1)).toBe(true);
      expect(x.slice(bits).every(([value]) => value === 0)).toBe(true);
      expect(x.map(([, sign]) => sign)).toEqual([...Array(steps - 1).fill(0), 1]);
      const ones = given.filter((value) => value === 1).length;
      expect(new Set(labels)).toEqual(new Set([ones % 2]));
    }
  });

  test.each([1, 3, 16])('is even and odd equally often with %i bits', (bits) => {
    const labels = keys.map((key) => GENERATORS.delayed_parity.example(key, 50, bits).label(0));
    expectUniform(labels, 0, 1);
  });
});

describe('the data sets of generated tasks', () => {
  const load = (name: GeneratedTaskName) =>
    loadDataset(parseExperiment({ task: { name } as { name: 'adding' }, model: { kind: 'recurrent' } }).task, readAsset);

  test.each(GENERATED_TASKS)('%s stores nothing and holds out 1,000 examples', async (name) => {
    const data = await load(name);
    expect(data).toMatchObject({ name, inputs: GENERATORS[name].inputs, sequence: { kind: 'generated', steps: 10_000 } });
    expect(data.classes.length).toBe(data.kind === 'regression' ? 0 : data.outputs);
    expect([data.train.n, data.train.x.length, data.test.n, data.test.x.length]).toEqual([0, 0, TEST_EXAMPLES, 0]);
  });

  test('have labels of a sequence, copy_memory of each step', async () => {
    const labels = await Promise.all(GENERATED_TASKS.map(async (name) => (await load(name)).sequence?.labels));
    expect(labels).toEqual(['sequence', 'step', 'sequence', 'sequence']);
  });

  test('have seeds of their own', () => {
    expect(new Set(GENERATED_TASKS.map((name) => GENERATORS[name].testSeed)).size).toBe(GENERATED_TASKS.length);
  });

  test('know what can be reached without memory', async () => {
    const [adding, copy, order, parity] = await Promise.all(
      GENERATED_TASKS.map(async (name) => (await load(name)).sequence?.baselines),
    );
    expect(adding?.(100)).toEqual([{ name: 'always 1', loss: 1 / 6 }]);
    // 10 ln 8 / length: ln 8 = 2.0794415.
    const [{ loss = Number.NaN, accuracy = Number.NaN } = {}] = copy?.(120) ?? [];
    expect(loss).toBeCloseTo(0.1732868, 6);
    // 110 blanks are right, and one in eight of ten symbols: 111.25 of 120.
    expect(accuracy).toBeCloseTo(111.25 / 120, 12);
    expect(order?.(50)).toEqual([{ name: 'chance', loss: Math.log(4), accuracy: 0.25 }]);
    expect(parity?.(50)).toEqual([{ name: 'chance', loss: Math.log(2), accuracy: 0.5 }]);
  });

  test('constants alone reach the baselines of adding and copy_memory', () => {
    const held = Array.from({ length: N }, (_, e) => philox(e, PURPOSE.sequence_test, GENERATORS.adding.testSeed)[0]);
    const errors = held.map((key) => ((GENERATORS.adding.example(key, 40, 0).target ?? 0) - 1) ** 2);
    const error = errors.reduce((a, b) => a + b) / N;
    expect(Math.abs(error - 1 / 6)).toBeLessThan(5 * Math.sqrt((2 / 80 + 6 / 144 - 1 / 36) / N));
  });
});
