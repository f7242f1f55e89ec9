/** Thousands of short runs, one after another through the same slots. */

import type { Engine } from '../../src/engine/engine.ts';
import { runId } from '../../src/model/experiment.ts';
import type { Run } from '../../src/sweep/cohort.ts';
import { cohortsOf, shareSlots } from '../../src/sweep/cohorts.ts';
import { EngineLane } from '../../src/sweep/lane.ts';
import { smallExperiment } from './plans.ts';

/**
 * @param seeds of the first run and behind the last one
 * @param sample called after a quarter of the runs and at the end
 * @returns runs finished
 */
export async function soak(
  engine: Engine,
  [from, to]: readonly [number, number],
  sample: (finished: number) => void = () => undefined,
): Promise<number> {
  const count = to - from;
  const parsed = Array.from({ length: count }, (_, n) => n + from).map((k) =>
    smallExperiment('cross_entropy', {
      model: { kind: 'mlp', depth: 1 + (k % 3), width: 4 },
      // Every tenth diverges at once.
      optimizer: { name: 'sgd', learningRate: k % 10 === 0 ? 1e30 : 0.1 },
      iterations: 3,
      stop: { weightsNotFinite: true },
      seed: k,
    }),
  );
  const runs: Run[] = parsed.map(({ experiment }) => ({ id: runId(experiment), experiment }));
  const datasets = async () => parsed[0].dataset;
  const [{ depths }] = await cohortsOf(runs, datasets);
  const lane = new EngineLane(engine, datasets);
  let finished = 0;
  const listener = {
    finished: () => {
      finished += 1;
      if (finished === Math.floor(count / 4) || finished === count) sample(finished);
    },
    advanced: () => undefined,
    training: () => undefined,
    recovering: () => undefined,
    recovered: () => undefined,
  };
  await lane.train({ runs, slots: shareSlots(depths, 64), traces: {} }, listener);
  return finished;
}
