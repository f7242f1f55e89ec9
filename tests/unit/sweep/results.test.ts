import { expect, test } from 'vitest';
import { SCALARS, type ScalarName } from '../../../src/metrics/block.ts';
import { layerShape } from '../../../src/metrics/layer-series.ts';
import { resultOf } from '../../../src/metrics/result.ts';
import { Trace } from '../../../src/metrics/trace.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';

type Row = Partial<Record<ScalarName, number>>;

function traceOf(rows: readonly Row[], test?: { loss: number; accuracy: number }): Trace {
  const trace = new Trace(['z0', 'loss', 'dz0'], layerShape(1, 1, 0));
  const defaults: Row = { loss: 1, accuracy: 0.5, log2GradientNorm: 0, clipCoefficient: 1, active: 1 };
  const scalars = rows.flatMap((row, k) => SCALARS.map((name) => ({ ...defaults, iteration: k, ...row })[name] ?? 0));
  trace.append({ replicas: 1, iterations: rows.length, scalars: Float32Array.from(scalars), layers: [[]] }, 0);
  if (test)
    trace.appendTest(
      { iterations: [rows.length], loss: Float32Array.of(test.loss), accuracy: Float32Array.of(test.accuracy), spectra: [] },
      0,
    );
  return trace;
}

const inf = Number.POSITIVE_INFINITY;
const clipped = parseExperiment({ clip: { rule: 'torch_norm' } });

test('first, largest finite and last gradient norm, as log2 and plain', () => {
  const norms = [3, 140, inf, Number.NaN].map((log2GradientNorm) => ({ log2GradientNorm }));
  const { log2GradientNorm, gradientNorm } = resultOf(traceOf(norms), clipped);
  expect(log2GradientNorm).toEqual({ first: 3, max: 140, last: Number.NaN });
  // 2^140 is beyond float32 and within a double.
  expect(gradientNorm).toEqual({ first: 8, max: 2 ** 140, last: Number.NaN });
});

test('a gradient of zero is −Infinity, and none finite is NaN', () => {
  expect(resultOf(traceOf([{ log2GradientNorm: -inf }]), clipped).log2GradientNorm.max).toBe(-inf);
  expect(resultOf(traceOf([{ log2GradientNorm: Number.NaN }]), clipped).log2GradientNorm.max).toBe(Number.NaN);
});

test('the clip share counts coefficients below 1, and exists only for norm clips', () => {
  const trace = traceOf([
    { clipCoefficient: 0.5 },
    { clipCoefficient: 1 },
    { clipCoefficient: Number.NaN },
    { clipCoefficient: 0 },
  ]);
  expect(resultOf(trace, clipped).clipShare).toBe(0.5);
  expect(resultOf(trace, parseExperiment({ clip: { rule: 'value' } })).clipShare).toBeNull();
  expect(resultOf(trace, parseExperiment({})).clipShare).toBeNull();
});

test('the last batch, the held-out split and the first non-finite tensor', () => {
  const rows = [{ loss: 2 }, { loss: inf, accuracy: 0.25, firstNonFinite: 2 }];
  expect(resultOf(traceOf(rows, { loss: 3, accuracy: 0.75 }), clipped)).toMatchObject({
    iterations: 2,
    loss: inf,
    accuracy: 0.25,
    testLoss: 3,
    testAccuracy: 0.75,
    firstNonFinite: { iteration: 1, tensor: 'loss' },
    verdict: { kind: 'diverged' },
  });
});

test('a regression has no accuracy', () => {
  const trace = traceOf([{ accuracy: Number.NaN }], { loss: 1, accuracy: Number.NaN });
  expect(resultOf(trace, parseExperiment({ task: { name: 'teacher' } }))).toMatchObject({ accuracy: null, testAccuracy: null });
});

test('the best of a run is finite where any of it was', () => {
  const rows = [{ loss: 2, accuracy: 0.5 }, { loss: 0.5, accuracy: 0.75 }, { loss: -inf, accuracy: 0.25 }, { loss: Number.NaN }];
  const trace = traceOf(rows, { loss: 3, accuracy: 0.75 });
  trace.appendTest({ iterations: [5], loss: Float32Array.of(inf), accuracy: Float32Array.of(0.5), spectra: [] }, 0);
  expect(resultOf(trace, clipped)).toMatchObject({
    ended: 'training',
    bestLoss: 0.5,
    bestAccuracy: 0.75,
    testLoss: inf,
    bestTestLoss: 3,
    testAccuracy: 0.5,
    bestTestAccuracy: 0.75,
  });
  const none = resultOf(traceOf([{ loss: inf }]), clipped);
  expect(none).toMatchObject({ bestLoss: Number.NaN, testLoss: Number.NaN, bestTestLoss: Number.NaN, bestTestAccuracy: null });
});

test('growth at the first record and at the latest finite one', () => {
  const depth = 4;
  const trace = new Trace(['z0'], layerShape(depth + 1, depth + 1, 0));
  const slopes = [-1, 0.5, Number.NaN];
  const scalars = slopes.flatMap((_, k) => SCALARS.map((name) => ({ iteration: k, loss: 1, active: 1 })[name as 'loss'] ?? 0));
  // log2 ‖dL/dz‖ = slope · layer grows by 2^−slope per layer towards the input; the output layer is not part of the fit.
  const layers = slopes.map((slope, k) => ({
    iteration: k,
    words: Float32Array.from({ length: 2 * (depth + 1) }, (_, l) => (l === depth ? 99 : slope * l)),
  }));
  trace.append({ replicas: 1, iterations: slopes.length, scalars: Float32Array.from(scalars), layers: [layers] }, 0);
  const of = (kind: object) => resultOf(trace, parseExperiment({ model: { kind: 'mlp', ...kind } })).growth;
  expect(of({ depth })).toEqual({
    first: { factor: 2, standardError: 0, iteration: 0 },
    latest: { factor: 2 ** -0.5, standardError: 0, iteration: 1 },
  });
  expect(of({ depth: 2 })).toEqual({ first: null, latest: null });
});
