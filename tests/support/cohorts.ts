/** Runs of small networks through the slots of a cohort, and the bytes of their traces. */

import type { Dataset } from '../../src/data/dataset.ts';
import { DeviceLostError, type Engine, type Session } from '../../src/engine/engine.ts';
import { runId } from '../../src/model/experiment.ts';
import type { ExperimentInput, Loss } from '../../src/model/schema.ts';
import type { Run } from '../../src/sweep/cohort.ts';
import { cohortsOf, shareSlots } from '../../src/sweep/cohorts.ts';
import { EngineLane, type Recovery } from '../../src/sweep/lane.ts';
import type { RunRecord } from '../../src/sweep/record.ts';
import { smallExperiment } from './plans.ts';

export interface SmallRuns {
  readonly runs: readonly Run[];
  readonly dataset: Dataset;
}

/** Depths 1 to 4, rates of which the largest overflows, two seeds, tests on the way, and lengths of their own: 24 runs. */
export function smallRuns(loss: Loss = 'cross_entropy', more: ExperimentInput = {}): SmallRuns {
  const inputs = [4, 1, 2].flatMap((depth) =>
    [0.01, 0.3, 1e30, 3].flatMap((learningRate, k) =>
      [1, 2].map(
        (seed): ExperimentInput => ({
          model: { kind: 'mlp', depth, width: 6, activation: 'relu' },
          optimizer: { name: 'sgd', learningRate, momentum: 0.5 },
          iterations: 5 + 3 * k + depth,
          probes: { layersEvery: 2, testEvery: 4 },
          stop: { weightsNotFinite: true },
          seed,
          ...more,
        }),
      ),
    ),
  );
  const parsed = inputs.map((input) => smallExperiment(loss, input));
  const runs = parsed.map(({ experiment }) => ({ id: runId(experiment), experiment }));
  return { runs, dataset: parsed[0].dataset };
}

export interface Trained {
  readonly records: ReadonlyMap<string, RunRecord>;
  readonly traces: ReadonlyMap<string, string>;
  readonly messages: readonly string[];
  readonly left: readonly string[];
  /** Iterations computed, those of runs that started again included. */
  readonly iterations: number;
}

/** @param slots in all, shared out among the depths */
export async function trainRuns(
  engine: Engine,
  { runs, dataset }: SmallRuns,
  slots: number,
  recovery?: Recovery,
  now?: () => number,
): Promise<Trained> {
  const datasets = async () => dataset;
  const [cohort] = await cohortsOf(runs, datasets);
  const lane = new EngineLane(engine, datasets, recovery, now);
  const records = new Map<string, RunRecord>();
  const traces = new Map<string, string>();
  const messages: string[] = [];
  let iterations = 0;
  const left = await lane.train(
    { runs, slots: shareSlots(cohort.depths, slots), traces: {} },
    {
      finished: (record, trace) => {
        records.set(record.id, record);
        traces.set(record.id, hexOf(trace));
      },
      advanced: (count) => {
        iterations += count;
      },
      training: () => undefined,
      recovering: (message) => messages.push(message),
      recovered: () => messages.push('recovered'),
    },
  );
  return { records, traces, messages, left, iterations };
}

/** Every run alone, in a plan of its own. */
export async function trainAlone(engine: Engine, { runs, dataset }: SmallRuns): Promise<Map<string, string>> {
  const traces = new Map<string, string>();
  for (const run of runs) {
    for (const [id, trace] of (await trainRuns(engine, { runs: [run], dataset }, 1)).traces) traces.set(id, trace);
  }
  return traces;
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** An engine whose device is lost at the given calls of `run`, counted over all its sessions. */
export function losing(engine: Engine, calls: readonly number[]): Engine {
  let count = 0;
  const wrap = (session: Session): Session => {
    let lost = false;
    const check = () => {
      if (lost) throw new DeviceLostError('unknown', 'the test took it away');
    };
    return {
      plan: session.plan,
      write: (range, data) => session.write(range, data),
      setIdle: (replicas) => session.setIdle(replicas),
      run: async (steps, times) => {
        check();
        if (calls.includes(++count)) lost = true;
        check();
        await session.run(steps, times);
      },
      read: async (ranges) => {
        check();
        return session.read(ranges);
      },
      destroy: () => session.destroy(),
    };
  };
  return {
    report: engine.report,
    limits: engine.limits,
    load: async (plan) => wrap(await engine.load(plan)),
    destroy: () => undefined,
  };
}
