import { describe, expect, it } from 'vitest';
import { loadDataset } from '../../../src/data/load.ts';
import { makeTeacher, type TeacherTask } from '../../../src/data/teacher.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';

const TASK: TeacherTask = {
  name: 'teacher',
  inputs: 3,
  outputs: 2,
  examples: 64,
  noise: 0,
  normalisation: 'none',
  inputScale: 1,
};
const required = (targets: Float32Array | undefined) => targets ?? new Float32Array();
const meanSquare = (x: Float32Array) => x.reduce((sum, value) => sum + value * value, 0) / x.length;

describe('makeTeacher', () => {
  it.each([
    // The test split has ceil(examples / 4).
    [2, 1],
    [4, 1],
    [5, 2],
    [64, 16],
    [65, 17],
  ])('%i training examples come with %i test examples', (examples, held) => {
    const data = makeTeacher({ ...TASK, examples });
    expect([data.train.n, data.test.n]).toEqual([examples, held]);
    expect([data.train.x.length, data.test.x.length]).toEqual([examples * 3, held * 3]);
    expect([required(data.train.targets).length, required(data.test.targets).length]).toEqual([examples * 2, held * 2]);
    expect(data.train.labels).toBeUndefined();
  });

  it('gives the same bits every time', () => {
    expect(makeTeacher({ ...TASK, noise: 0.5 })).toEqual(makeTeacher({ ...TASK, noise: 0.5 }));
  });

  it("does not depend on the experiment's seed", async () => {
    const never = () => Promise.reject(new Error('the teacher reads no file'));
    const [one, two] = await Promise.all(
      [1, 2].map((seed) => loadDataset(parseExperiment({ seed, task: { name: 'teacher' } }).task, never)),
    );
    expect(one).toEqual(two);
    // The schema's defaults: 2048 examples, 16 inputs, 4 outputs.
    expect([one.train.n, one.test.n, one.inputs, one.outputs]).toEqual([2048, 512, 16, 4]);
  });

  it('a longer training split starts with the shorter one', () => {
    const short = makeTeacher(TASK).train;
    const long = makeTeacher({ ...TASK, examples: 100 }).train;
    expect(long.x.subarray(0, 64 * 3)).toEqual(short.x);
    expect(required(long.targets).subarray(0, 64 * 2)).toEqual(short.targets);
  });

  it('draws the splits apart', () => {
    const { train, test } = makeTeacher(TASK);
    const seen = new Set(train.x);
    // 64·3 + 16·3 draws among about 2^24 float32 values: a chance repetition has probability below 1e-3, and the seed is fixed.
    expect(seen.size).toBe(64 * 3);
    expect(test.x.some((value) => seen.has(value))).toBe(false);
  });

  it('targets do not depend on the normalisation, inputs do', () => {
    const raw = makeTeacher(TASK);
    const scaled = makeTeacher({ ...TASK, normalisation: 'minmax' });
    expect(scaled.train.targets).toEqual(raw.train.targets);
    expect(Math.min(...scaled.train.x)).toBe(0);
    expect(Math.max(...scaled.train.x)).toBe(1);
    expect(Math.min(...raw.train.x)).toBeLessThan(-1);
  });

  it('computes tanh(x W) V + noise from its own streams', () => {
    // The first example of each split, computed by an independent Philox and teacher in Python (integers of any length,
    // float64, every drawn number rounded to float32): seed 0x7eac4e12, W and V tensors 0 and 1, x tensors 2 and 3 of purpose 3,
    // noise tensors 0 and 1 of purpose 4.
    const { train, test } = makeTeacher({ ...TASK, noise: 0.5 });
    const first = { x: [-0.04612250626, -0.7740409374, 0.9997960925], y: [1.3129983065, 0.6475276171] };
    const held = { x: [1.18818593, -0.3454930782, 1.4079396725], y: [0.984971303, 2.0901573911] };
    for (const [split, expected] of [
      [train, first],
      [test, held],
    ] as const) {
      // float32 errs by 2^-24 relative, 1.2e-7 for numbers up to 2.1; five digits leave a factor of 40 for Math.cos and tanh.
      for (const [i, x] of expected.x.entries()) expect(split.x[i]).toBeCloseTo(x, 5);
      for (const [i, y] of expected.y.entries()) expect(required(split.targets)[i]).toBeCloseTo(y, 5);
    }
  });

  it('target variance shows weights from N(0, 1/fan_in)', () => {
    // z = x·w ~ N(0, |w|²), |w|² ≈ 1: E tanh²(z) = 0.394 (integral over N(0, 1)); V has variance 1/32, so E y² = 0.394. Over
    // W, V and x: 32 hidden units of relative deviation ≈ √(2/32)/√256 outputs ≈ 2 %, |w|² varies by √(2/256)/√32 ≈ 2 %.
    // 15 % is beyond six of these. W without 1/√I would give E tanh² ≈ 0.95, V without 1/√32 a factor 32.
    const targets = required(makeTeacher({ ...TASK, inputs: 256, outputs: 256, examples: 400 }).train.targets);
    expect(Math.abs(meanSquare(targets) / 0.394 - 1)).toBeLessThan(0.15);
  });

  it('adds noise of the stated deviation to the targets of both splits, and to nothing else', () => {
    const shape = { ...TASK, outputs: 4, examples: 2048 };
    const clean = makeTeacher(shape);
    const noisy = makeTeacher({ ...shape, noise: 0.5 });
    for (const part of ['train', 'test'] as const) {
      expect(noisy[part].x).toEqual(clean[part].x);
      const base = required(clean[part].targets);
      const difference = required(noisy[part].targets).map((y, i) => y - base[i]);
      // N = 8192 and 2048 draws: the deviation's relative error is 1/√(2N) ≤ 1.6 %; four of these are 6.3 %.
      expect(Math.abs(Math.sqrt(meanSquare(difference)) / 0.5 - 1)).toBeLessThan(0.063);
    }
  });
});
