/** Identities that hold exactly, on what the CPU engine computes for the golden cases. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type Case, parseCase, readCase } from '../../src/audit/case.ts';
import { type Computed, runCase } from '../../src/audit/run.ts';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';

const FOLDER = 'tests/golden/cases';
const engine = new CpuEngine({ engine: 'cpu', why: 'test' });
/** Half a unit in the last place of 1: the relative error of one float32 operation. */
const ROUNDING = 2 ** -24;
/** Relative error that an engine's gradients may have beside torch's in double precision. */
const GRADIENT = 1e-5;

async function run(name: string): Promise<{ given: Case; computed: Computed }> {
  const document = parseCase(JSON.parse(readFileSync(`${FOLDER}/${name}.json`, 'utf8')), name);
  const bytes = new Uint8Array(readFileSync(`${FOLDER}/${document.tensors}`));
  const given = readCase(document, bytes, document.tensors);
  return { given, computed: await runCase(engine, given) };
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
const norm = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));

/** ⟨W, dL/dW⟩ of a weight, and the product of their norms. */
function alignment({ given, computed }: { given: Case; computed: Computed }, name: string) {
  const W = given.tensors.get(`param.${name}`)?.data as Float32Array;
  const dW = computed.gradients.get(name) as Float32Array;
  return { inner: dot(W, dW), norms: norm(W) * norm(dW) };
}

/** Sums over rows (examples) by column, of (rows, columns) values, and of their magnitudes. */
function columnSums(values: Float32Array, columns: number) {
  const [sums, magnitudes] = [new Float64Array(columns), new Float64Array(columns)];
  values.forEach((value, i) => {
    sums[i % columns] += value;
    magnitudes[i % columns] += Math.abs(value);
  });
  return { sums, magnitudes };
}

const gradientOf = (computed: Computed, name: string) => computed.activationGradients.get(name) as Float32Array;

describe('bias-free ReLU: ⟨W, dL/dW⟩ is the same in every layer (Euler’s theorem on homogeneous functions)', () => {
  test('in the exploding network of 30 layers, 740,603.9', async () => {
    const result = await run('mlp_relu_explode30');
    for (let l = 0; l < 30; l++) {
      const { inner, norms } = alignment(result, `l${l}.weight`);
      expect(Math.abs(inner - 740603.9)).toBeLessThanOrEqual(GRADIENT * norms);
    }
  });
  test('while dL/dz grows 3,700 times from output to input and dL/dW hides it', async () => {
    const { computed } = await run('mlp_relu_explode30');
    const at = (l: number) => norm(gradientOf(computed, `z${l}`));
    [689010.8125, 14205.0908203125, 187.76043701171875].forEach((expected, k) => {
      expect(Math.abs(at([0, 14, 29][k]) / expected - 1)).toBeLessThan(GRADIENT);
    });
    const dW = (l: number) => norm(computed.gradients.get(`l${l}.weight`) as Float32Array);
    [2619901.25, 2759675.75, 462911.4375].forEach((expected, k) => {
      expect(Math.abs(dW([0, 14, 29][k]) / expected - 1)).toBeLessThan(GRADIENT);
    });
  });
  test('control: not with tanh', async () => {
    const result = await run('mlp_tanh');
    const values = [0, 1, 2, 3].map((l) => alignment(result, `l${l}.weight`).inner);
    expect(Math.max(...values) / Math.min(...values)).toBeGreaterThan(1.1);
  });
});

describe('batch norm', () => {
  test('weights in front of it are orthogonal to their gradients (scale invariance), up to epsilon', async () => {
    const result = await run('mlp_bn_relu');
    // Cosines that float64 gives, too: epsilon beside the variance is what is left of them.
    [-3.2771454727822226e-7, 1.9402241723440204e-7, 7.76288965437264e-6].forEach((expected, l) => {
      const { inner, norms } = alignment(result, `l${l}.weight`);
      expect(Math.abs(inner / norms - expected)).toBeLessThan(GRADIENT);
    });
    // control: the output layer has none behind it
    const { inner, norms } = alignment(result, 'l3.weight');
    expect(Math.abs(inner / norms)).toBeGreaterThan(1e-2);
  });

  test('dL/dz in front of it sums to 0 over the batch', async () => {
    const { computed } = await run('mlp_bn_relu');
    for (let l = 0; l < 3; l++) {
      const dz = gradientOf(computed, `z${l}`);
      const { sums } = columnSums(dz, 20);
      const B = dz.length / 20;
      // Each dz is a difference of numbers of the size of dL/dy · gamma · rstd, a few roundings each: at most ten times the largest dz.
      const largest = Math.max(...dz.map(Math.abs));
      for (const sum of sums) expect(Math.abs(sum)).toBeLessThan(10 * B * ROUNDING * largest);
    }
  });
  test('control: without it the sums are as large as what is summed', async () => {
    const { computed } = await run('mlp_relu_ce');
    const { sums, magnitudes } = columnSums(gradientOf(computed, 'z1'), 24);
    expect(norm(sums) / norm(magnitudes)).toBeGreaterThan(0.1);
  });
});

describe('sums', () => {
  test.each([
    ['mlp_relu_ce', 'z3'],
    ['mlp_bn_relu', 'logits'],
  ])('%s: dL/dlogits of softmax cross-entropy sums to 0 in every row', async (name, logits) => {
    const { given, computed } = await run(name);
    const [dz, C] = [gradientOf(computed, logits), given.network.outputs];
    const B = dz.length / C;
    for (let b = 0; b < B; b++) {
      const sum = dz.slice(b * C, (b + 1) * C).reduce((total, value) => total + value, 0);
      // C probabilities, each with an exponential, a sum and a quotient: some ten roundings of a number below 1/B.
      expect(Math.abs(sum)).toBeLessThan((10 * C * ROUNDING) / B);
    }
  });
  test('control: the gradient of the squared error does not', async () => {
    const { given, computed } = await run('mlp_tanh');
    const C = given.network.outputs;
    const dz = gradientOf(computed, 'z3');
    expect(Math.abs(dz.slice(0, C).reduce((total, value) => total + value, 0))).toBeGreaterThan(1e-3);
  });

  test.each(['mlp_relu_ce', 'mlp_tanh', 'mlp_ln_gelu'])('%s: dL/dz summed over the batch is dL/db', async (name) => {
    const { computed } = await run(name);
    for (const l of [0, 1, 2]) {
      const db = computed.gradients.get(`l${l}.bias`) as Float32Array;
      const dz = gradientOf(computed, `z${l}`);
      const { sums, magnitudes } = columnSums(dz, db.length);
      const B = dz.length / db.length;
      // A sum of B numbers, each addition rounded once.
      db.forEach((value, c) => {
        expect(Math.abs(value - sums[c])).toBeLessThanOrEqual(B * ROUNDING * magnitudes[c]);
      });
      // control: without one example it is not
      const rest = columnSums(dz.slice(db.length), db.length).sums;
      expect(norm(db.map((value, c) => value - rest[c]))).toBeGreaterThan(1e-3 * norm(db));
    }
  });
});
