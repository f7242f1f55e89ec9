/** The histograms of a record, against the gradients themselves. */
import { describe, expect, test } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import { readTensor } from '../../src/engine/tensor-io.ts';
import { binStart, countOf, type Histogram, histogramRows, histogramsOf } from '../../src/metrics/histogram.ts';
import { OCTAVES, shapeOf, splitLayers } from '../../src/metrics/layer-series.ts';
import { Trace } from '../../src/metrics/trace.ts';
import { decodeTrace, encodeTrace } from '../../src/metrics/trace-codec.ts';
import type { ExperimentInput } from '../../src/model/schema.ts';
import { expectHistograms, HISTOGRAM_CASES, openHistograms } from '../support/histograms.ts';

const engine = new CpuEngine({ engine: 'cpu', why: 'test' });

/** Histograms by iteration, of one replica alone. */
async function train(input: ExperimentInput, iterations = 1) {
  const trainer = await openHistograms(engine, [input]);
  const { layers } = await trainer.advance(iterations);
  const shape = shapeOf(trainer.summary);
  const records = layers[0].map(({ iteration, words }) => ({ iteration, ...splitLayers(words, shape) }));
  return { trainer, records, last: histogramsOf(records[records.length - 1].histogram) };
}

/** Counts by the exponent from which they are, so that origins are of no account. */
const byExponent = (histograms: readonly Histogram[]) => histograms.map(histogramRows);

describe('what is counted is the gradient of every weight', () => {
  test.each(HISTOGRAM_CASES)('$name', ({ replicas }) => expectHistograms(engine, replicas));
});

test('an exponent of the layer is added, beyond float32', async () => {
  const model = {
    kind: 'mlp',
    depth: 40,
    width: 6,
    activation: 'linear',
    init: { scheme: 'scaled_normal', weightVariance: 1e30 },
  } as const;
  const { last, records, trainer } = await train({ model, range: 'extended' });
  trainer.destroy();
  const { log2Dw } = records[0];
  expect(Math.max(...log2Dw)).toBeGreaterThan(1000);
  for (const [l, own] of last.entries()) {
    const starts = histogramRows(own).flatMap(([kind, from]) => (kind === 'log2' ? [from ?? 0] : []));
    if (starts.length === 0) continue;
    // The largest of n numbers is at most their norm, and at least a √n-th of it.
    const largest = Math.max(...starts);
    expect(largest).toBeLessThanOrEqual(log2Dw[l]);
    expect(largest + OCTAVES).toBeGreaterThan(log2Dw[l] - 0.5 * Math.log2(countOf(own)));
    expect(binStart(own, 0)).not.toBe(-150);
  }
});

test('inside float32 both ranges count the same', async () => {
  const model = { kind: 'mlp', depth: 3, width: 6, activation: 'tanh' } as const;
  const runs = [];
  for (const range of ['ieee', 'extended'] as const) {
    const { last, trainer } = await train({ model, range });
    trainer.destroy();
    runs.push(byExponent(last));
  }
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[0].every((rows) => rows.length > 1)).toBe(true);
});

test('NaN and ±Infinity land in their bins, and the counts still sum to the weights', async () => {
  const model = {
    kind: 'mlp',
    depth: 8,
    width: 6,
    activation: 'linear',
    init: { scheme: 'scaled_normal', weightVariance: 1e12 },
  } as const;
  const { last, trainer } = await train({ model }, 3);
  const gradients = await Promise.all(trainer.summary.weightLayers.map((name) => readTensor(trainer.session, `grad.${name}`, 1)));
  trainer.destroy();
  expect(last.some(({ nans, infinities }) => nans + infinities > 0)).toBe(true);
  for (const [l, own] of last.entries()) {
    expect(own.nans).toBe(gradients[l].filter(Number.isNaN).length);
    expect(own.infinities).toBe(gradients[l].filter((g) => Math.abs(g) === Number.POSITIVE_INFINITY).length);
    expect(countOf(own)).toBe(gradients[l].length);
  }
});

test('at the cadence of the layers, and only where they are asked for', async () => {
  const { records, trainer } = await train({ probes: { layersEvery: 2, histograms: true } }, 5);
  trainer.destroy();
  expect(records.map(({ iteration }) => iteration)).toEqual([0, 2, 4]);
  expect(new Set(records.map(({ histogram }) => byExponent(histogramsOf(histogram)).join('|'))).size).toBe(3);
  const without = await train({ probes: { histograms: false } });
  expect(without.trainer.summary.hasHistograms).toBe(false);
  expect(without.trainer.session.plan.iteration.map(({ kernel }) => kernel)).not.toContain('gradient_histogram');
  without.trainer.destroy();
  expect(without.records[0].histogram).toHaveLength(0);
});

test('a trace keeps them, encoded too', async () => {
  const trainer = await openHistograms(engine, [{ model: { kind: 'mlp', depth: 1, width: 7 } }]);
  const trace = new Trace(trainer.summary.measured, shapeOf(trainer.summary));
  trace.append(await trainer.advance(2), 0);
  trainer.destroy();
  const kept = decodeTrace(encodeTrace(trace)).layers;
  expect(kept).toEqual(trace.layers);
  expect(histogramsOf(kept[1].histogram).map(countOf)).toEqual([5 * 7, 7 * 3]);
});
