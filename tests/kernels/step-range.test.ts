/** Exponents of steps: what brings the gradients of all steps to one of them. */
import { describe, expect, test } from 'vitest';
import { NOTHING, STEP } from '../../src/engine/cpu/step-range.ts';
import { SEQUENCE, STEP_WORDS } from '../../src/plan/records.ts';
import { absent, flat, random, reads, runKernel, updates, useEngines } from '../support/run-kernel.ts';

const engines = useEngines();
const [R, T, WORDS, SEQ] = [2, 3, 12, 64];

/** Replica 0 walks all steps, replica 1 one step less. */
const WALKS = [T, T - 1];
/** Exponents of the gradients and of the states of each step. */
const GRADIENTS = [
  [900, 40, -3000],
  [-7, 5, 0],
];
const STATES = [
  [-20, 10, 0],
  [3, 0, 0],
];

function sequences(): Uint32Array {
  const words = new Uint32Array(R * SEQ);
  for (let r = 0; r < R; r++) words.set([WALKS[r], WALKS[r]], r * SEQ + SEQUENCE.walk);
  return words;
}

/** The steps' words behind an entry of two words a replica; peaks are those of the numbers. */
function rangeWords(numbers: Float32Array): Uint32Array {
  const words = new Int32Array(2 * R + R * T * STEP_WORDS);
  const bits = new Uint32Array(numbers.buffer);
  for (let r = 0; r < R; r++) {
    for (let t = 0; t < WALKS[r]; t++) {
      const at = 2 * R + (r * T + t) * STEP_WORDS;
      const own = bits.subarray((r * T + t) * WORDS, (r * T + t + 1) * WORDS);
      words[at + STEP.state] = STATES[r][t];
      words[at + STEP.gradient] = GRADIENTS[r][t];
      words[at + STEP.gradient + 1] = Math.max(...own.map((word) => word & 0x7fffffff));
      words[at + STEP.largest] = NOTHING;
      words[at + STEP.largestProduct] = NOTHING;
    }
  }
  // What the backward walk finds above its first step.
  words[2 * R + STEP.largest] = 41;
  words[2 * R + STEP.largestProduct] = 21;
  words[2 * R + T * STEP_WORDS + STEP.largest] = 6;
  words[2 * R + T * STEP_WORDS + STEP.largestProduct] = 9;
  return new Uint32Array(words.buffer);
}

/** Numbers between 1 and 2 in magnitude: a leading exponent of 0. */
const NUMBERS = random(1, R * T * WORDS).map((x) => Math.sign(x) * (1 + (Math.abs(x) % 1)));

function rescale(COPY: number, PRODUCT: number) {
  return runKernel(engines(), 'rescale_steps', {
    constants: { T, WORDS, COPY, PRODUCT, SEQ, EXTENDED: 1, STEPS_AT: 2 * R, Y_AT: 0 },
    grid: [WORDS / 4, T, R],
    operands: {
      v: COPY ? reads(flat(R, T, WORDS), NUMBERS) : absent,
      y: updates(flat(R, T, WORDS), COPY ? random(2, R * T * WORDS) : NUMBERS),
      sequence: reads(flat(R, SEQ), sequences()),
      range: updates(flat(2 * R + R * T * STEP_WORDS), rangeWords(NUMBERS)),
    },
  });
}

describe('rescale_steps', () => {
  test.each([
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ])('matches its twin bit by bit: powers of two alone (COPY %i, PRODUCT %i)', async (copy, product) => {
    const { compare } = await rescale(copy, product);
    compare('y', 0);
    compare('range', 0);
  });

  test('brings all steps to the largest exponent, and says which', async () => {
    const { gpu } = await rescale(1, 0);
    // Replica 0: 900 at step 0 is the largest; 2^(40 - 900) and less leave float32. Replica 1: 6 of the walk's later steps.
    expect([...new Int32Array(gpu.range.buffer, gpu.range.byteOffset, 4)].filter((_, k) => k % 2 === 0)).toEqual([900, 6]);
    const step = (r: number, t: number) => [...gpu.y.slice((r * T + t) * WORDS, (r * T + t + 1) * WORDS)];
    const given = (r: number, t: number) => [...NUMBERS.slice((r * T + t) * WORDS, (r * T + t + 1) * WORDS)];
    expect(step(0, 0)).toEqual(given(0, 0));
    expect(step(0, 1).every((x) => x === 0)).toBe(true);
    expect(step(1, 0)).toEqual(given(1, 0).map((x) => Math.fround(x * 2 ** (-7 - 6))));
    expect(step(1, 1)).toEqual(given(1, 1).map((x) => Math.fround(x * 2 ** (5 - 6))));
  });

  test('of products with the states before: their exponents count as well', async () => {
    const { gpu } = await rescale(1, 1);
    const step = [...gpu.y.slice(T * WORDS + WORDS, T * WORDS + 2 * WORDS)];
    // Step 1 of replica 1: 5 + 3 of the state of step 0, less 9.
    expect(step).toEqual([...NUMBERS.slice(T * WORDS + WORDS, T * WORDS + 2 * WORDS)].map((x) => Math.fround(x / 2)));
  });
});
