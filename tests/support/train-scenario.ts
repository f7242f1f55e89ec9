/** Trains a committed scenario on the CPU engine. */
import { readAsset } from '../../src/cli/files.ts';
import { loadDataset } from '../../src/data/load.ts';
import type { TestBlock } from '../../src/metrics/block.ts';
import { shapeOf } from '../../src/metrics/layer-series.ts';
import { Trace } from '../../src/metrics/trace.ts';
import { parseExperiment } from '../../src/model/experiment.ts';
import { listScenarios } from '../../src/model/scenario.ts';
import type { Experiment } from '../../src/model/schema.ts';
import { Loop } from '../../src/sweep/loop.ts';
import { Trainer } from '../../src/sweep/trainer.ts';
import { wasmEngine } from './run-kernel.ts';

export interface Trained {
  readonly experiment: Experiment;
  readonly trace: Trace;
  /** After the last iteration that was trained. */
  readonly test: TestBlock;
}

/** @param iterations how many of the scenario's */
export async function trainScenario(name: string, iterations = Number.POSITIVE_INFINITY): Promise<Trained> {
  const experiment = parseExperiment(listScenarios().get(name)?.experiment, name);
  const trainer = await Trainer.create(wasmEngine(), [experiment], await loadDataset(experiment.task, readAsset));
  const trace = new Trace(trainer.summary.measured, shapeOf(trainer.summary));
  await new Loop(trainer, { block: (block) => trace.append(block, 0), test: () => undefined }).run(iterations);
  const test = await trainer.evaluate();
  trainer.destroy();
  return { experiment, trace, test };
}
