/** `sweep`: every point of an experiment's axes, runs of one shape together. */
import type { Dataset } from '../data/dataset.ts';
import { loadDataset } from '../data/load.ts';
import type { Engine } from '../engine/engine.ts';
import { ENGINE_CHOICES } from '../engine/report.ts';
import { formatNumber } from '../metrics/format.ts';
import { type RunResult, resultOf } from '../metrics/result.ts';
import { LimitError } from '../model/errors.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Task } from '../model/schema.ts';
import { expand, type Point, parseSweep, type Sweep } from '../sweep/axes.ts';
import { type CohortProgress, groupByPlan, type TrainedCohort, trainGroup } from '../sweep/cohort.ts';
import { type Arguments, OPTIONS, readChoice } from './arguments.ts';
import { readDocument } from './document.ts';
import { EXIT, UsageError } from './errors.ts';
import { checkFolder, readAsset, writeFiles } from './files.ts';
import { toJson } from './json.ts';
import type { Command } from './main.ts';
import { openNodeEngine } from './node-engine.ts';
import { Progress } from './progress.ts';
import { applySettings, readSetting } from './set-field.ts';
import { type FinishedSweep, sweepDocument, sweepFiles, sweepTable } from './sweep-report.ts';
import { onePositional } from './train.ts';

/** Replicas that train together at most. A GPU gains from many, the CPU engine does not, and few report their results sooner. */
const MOST_REPLICAS = { gpu: 64, cpu: 8 } as const;

export const sweep: Command = {
  name: 'sweep',
  usage: 'SWEEP.json|NAME --out DIR [options]',
  summary: 'Trains every point of an experiment’s axes and tabulates the verdicts.',
  options: {
    out: { value: 'DIR', help: 'Writes sweep.json, results.json and results.csv there.' },
    set: OPTIONS.set,
    engine: OPTIONS.engine,
    json: OPTIONS.json,
  },
  notes:
    'A sweep is {"title", "experiment", "axes": [{"path": "optimizer.learningRate", "values": [0.01, 0.1]}]}.\nExample: sweep sweep-init-learning-rate --out sweep1',
  run,
};

async function run(args: Arguments): Promise<number> {
  const engineChoice = readChoice('sweep', args, 'engine', ENGINE_CHOICES, 'auto');
  const name = onePositional('sweep', args, 'a sweep file or the name of a committed sweep');
  const out = args.value('out');
  if (out === undefined) throw new UsageError('sweep needs --out DIR, the folder for its results.');
  const base = parseSweep(readDocument(name, 'sweep'), name);
  const changed = applySettings(base.experiment, args.values('set').map(readSetting), `${name}, experiment`);
  const document: Sweep = { ...base, experiment: changed };
  const { points, duplicates } = expand(document, `${name}, experiment`);
  checkFolder(out);
  const datasets = await loadDatasets(points);
  const engine = await openNodeEngine(engineChoice);
  try {
    const { results, durationMs } = await trainPoints(engine, points, datasets);
    const runs = points.map((point) => ({ point, result: results.get(point.id) as RunResult }));
    const finished: FinishedSweep = { sweep: document, runs, duplicates, engine: engine.report, durationMs };
    writeFiles(out, sweepFiles(finished));
    process.stdout.write(args.flag('json') ? toJson(sweepDocument(finished)) : sweepTable(finished));
    return EXIT.done;
  } finally {
    engine.destroy();
  }
}

const dataKey = ({ inputScale: _scale, ...data }: Task) => canonicalJson(data);

/** By `dataKey`. */
async function loadDatasets(points: readonly Point[]): Promise<Map<string, Dataset>> {
  const datasets = new Map<string, Dataset>();
  for (const { experiment } of points) {
    const key = dataKey(experiment.task);
    if (!datasets.has(key)) datasets.set(key, await loadDataset(experiment.task, readAsset));
  }
  return datasets;
}

/** Trains every point, group by group. */
async function trainPoints(
  engine: Engine,
  points: readonly Point[],
  datasets: ReadonlyMap<string, Dataset>,
): Promise<{ results: Map<string, RunResult>; durationMs: number }> {
  const most = MOST_REPLICAS[engine.report.engine];
  const results = new Map<string, RunResult>();
  const progress = new SweepProgress(points);
  let durationMs = 0;
  try {
    for (const group of groupByPlan(points)) {
      const experiments = group.map(({ experiment }) => experiment);
      const dataset = datasets.get(dataKey(experiments[0].task)) as Dataset;
      const trained = trainGroup(engine, experiments, dataset, most, (state) => progress.show(state));
      const waiting = [...group];
      try {
        for await (const cohort of trained) {
          durationMs += cohort.durationMs;
          for (const trace of cohort.traces) {
            const { id, experiment } = waiting.shift() as Point;
            results.set(id, resultOf(trace, experiment));
          }
          progress.finish(cohort);
        }
      } catch (error) {
        if (!(error instanceof LimitError)) throw error;
        throw new UsageError(
          `The run ${waiting[0].id}, ${waiting[0].values.map((value) => canonicalJson(value)).join(' ')}: ${error.message}`,
        );
      }
    }
  } finally {
    progress.close();
  }
  return { results, durationMs };
}

/** `12 of 36 runs · 3,200 iterations/s · 4 diverged · 0:40 left` */
class SweepProgress {
  readonly #line = new Progress();
  readonly #runs: number;
  /** Iterations of all runs. */
  readonly #total: number;
  #finishedRuns = 0;
  #finishedIterations = 0;
  #broken = 0;

  constructor(points: readonly Point[]) {
    this.#runs = points.length;
    this.#total = points.reduce((sum, { experiment }) => sum + experiment.iterations, 0);
  }

  show({ replicas, iteration, iterationsPerSecond, traces }: CohortProgress): void {
    this.#line.update((this.#finishedIterations + replicas * iteration) / this.#total, () => {
      const rate = formatNumber(replicas * iterationsPerSecond);
      return `${this.#finishedRuns} of ${this.#runs} runs · ${rate} iterations/s · ${this.#broken + countBroken(traces)} diverged`;
    });
  }

  finish({ traces, experiments }: TrainedCohort): void {
    this.#finishedRuns += traces.length;
    this.#finishedIterations += experiments.reduce((sum, { iterations }) => sum + iterations, 0);
    this.#broken += countBroken(traces);
  }

  close(): void {
    this.#line.close();
  }
}

function countBroken(traces: TrainedCohort['traces']): number {
  return traces.filter(({ firstNonFinite }) => firstNonFinite !== undefined).length;
}
