import { expect, test } from 'vitest';
import type { Dataset } from '../../../src/data/dataset.ts';
import { loadDataset } from '../../../src/data/load.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { openEngine } from '../../../src/engine/open.ts';
import { resultOf } from '../../../src/metrics/result.ts';
import { LimitError } from '../../../src/model/errors.ts';
import { parseExperiment } from '../../../src/model/experiment.ts';
import { type CohortProgress, groupByPlan, trainGroup } from '../../../src/sweep/cohort.ts';

const TASK = { name: 'teacher', inputs: 4, outputs: 2, examples: 32 } as const;
const experimentOf = (seed: number, more: object = {}) =>
  parseExperiment({
    task: TASK,
    model: { kind: 'mlp', depth: 2, width: 4 },
    batchSize: 4,
    iterations: 6,
    seed,
    ...more,
  });
const engine = await openEngine('cpu', undefined, 'refuse');
const dataset: Dataset = await loadDataset(experimentOf(1).task, async () => new Uint8Array());

/** The engine with less memory. */
const limited = (totalBytes: number): Engine => ({
  report: engine.report,
  limits: { ...engine.limits, totalBytes },
  load: (plan) => engine.load(plan),
  destroy: () => engine.destroy(),
});

async function train(on: Engine, seeds: readonly number[], most: number) {
  const states: CohortProgress[] = [];
  const cohorts = [];
  for await (const cohort of trainGroup(
    on,
    seeds.map((seed) => experimentOf(seed)),
    dataset,
    most,
    (state) => states.push(state),
  ))
    cohorts.push(cohort);
  return { cohorts, states };
}

test('groups share a plan and a number of iterations; members keep their order', () => {
  const runs = [
    experimentOf(1),
    experimentOf(2, { batchSize: 8 }),
    experimentOf(3, { optimizer: { name: 'sgd', learningRate: 1 } }),
    experimentOf(4, { iterations: 7 }),
    experimentOf(5, { optimizer: { name: 'adam' } }),
    experimentOf(6, { batchSize: 8, clip: { rule: 'value' } }),
  ].map((experiment) => ({ experiment }));
  expect(groupByPlan(runs).map((group) => group.map(({ experiment }) => experiment.seed))).toEqual([[1, 3], [2, 6], [4], [5]]);
});

test('a group is cut at the largest number of replicas, and progress reaches the last iteration of each part', async () => {
  const { cohorts, states } = await train(engine, [1, 2, 3, 4, 5], 2);
  expect(cohorts.map(({ experiments }) => experiments.map(({ seed }) => seed))).toEqual([[1, 2], [3, 4], [5]]);
  expect(states.filter(({ iteration }) => iteration === 6).map(({ replicas }) => replicas)).toEqual([2, 2, 1]);
  for (const { traces } of cohorts) for (const trace of traces) expect([trace.length, trace.tests.length]).toEqual([6, 1]);
});

test('where memory does not suffice the part is halved, with the same results', async () => {
  const whole = await train(engine, [1, 2, 3, 4, 5, 6], 6);
  const bytes = whole.cohorts[0].summary.bytes;
  const parts = await train(limited(bytes * 0.7), [1, 2, 3, 4, 5, 6], 6);
  expect(parts.cohorts.map(({ experiments }) => experiments.length)).toEqual([3, 3]);
  const results = ({ cohorts }: Awaited<ReturnType<typeof train>>) =>
    cohorts.flatMap(({ traces, experiments }) => traces.map((trace, r) => resultOf(trace, experiments[r])));
  expect(results(parts)).toEqual(results(whole));
});

test('one that does not fit alone is a LimitError', async () => {
  await expect(train(limited(5000), [1, 2], 2)).rejects.toThrow(LimitError);
});

test('parameters far beyond the memory are refused before anything is laid out', async () => {
  const huge = experimentOf(1, { model: { kind: 'mlp', depth: 10_000, width: 4096 } });
  const start = performance.now();
  await expect(trainGroup(engine, [huge], dataset, 1, () => undefined).next()).rejects.toThrow(/^bytes of memory: [\d,]+ needed/);
  expect(performance.now() - start).toBeLessThan(10_000);
});
