/** `train`: one experiment. */
import { loadDataset } from '../data/load.ts';
import { ENGINE_CHOICES } from '../engine/report.ts';
import { formatNumber } from '../metrics/format.ts';
import { resultOf } from '../metrics/result.ts';
import { trainOne } from '../sweep/cohort.ts';
import { type Arguments, OPTIONS, readChoice } from './arguments.ts';
import { readExperiment } from './document.ts';
import { EXIT, UsageError } from './errors.ts';
import { checkFolder, readAsset, writeFiles } from './files.ts';
import { toJson } from './json.ts';
import type { Command } from './main.ts';
import { openNodeEngine } from './node-engine.ts';
import { Progress } from './progress.ts';
import { type TrainedRun, trainDocument, trainFiles, trainTable } from './train-report.ts';

export const train: Command = {
  name: 'train',
  usage: 'EXPERIMENT.json|SCENARIO [options]',
  summary: 'Trains one experiment and reports loss, accuracy and gradient norms.',
  options: {
    set: OPTIONS.set,
    engine: OPTIONS.engine,
    out: {
      value: 'DIR',
      help: 'Writes experiment.json, trace.csv, layers.csv, tests.csv, histograms.csv where they are measured, and summary.json there.',
    },
    json: OPTIONS.json,
  },
  notes: 'Examples:\n  train exploding-relu-32\n  train digits8-relu-8 --set optimizer.learningRate=0.1 --set seed=7 --out run7',
  run,
};

async function run(args: Arguments): Promise<number> {
  const engineChoice = readChoice('train', args, 'engine', ENGINE_CHOICES, 'auto');
  const name = onePositional('train', args, 'an experiment file or the name of a scenario');
  const { experiment, id, title } = readExperiment(name, args.values('set'));
  const out = args.value('out');
  if (out !== undefined) checkFolder(out);
  const dataset = await loadDataset(experiment.task, readAsset);
  const engine = await openNodeEngine(engineChoice);
  const progress = new Progress();
  const start = performance.now();
  const show = (iteration: number) => {
    const total = experiment.iterations;
    progress.update(iteration / total, () => {
      const rate = `${formatNumber((1000 * iteration) / (performance.now() - start))}/s`;
      return `iteration ${iteration.toLocaleString('en')} of ${total.toLocaleString('en')} · ${rate}`;
    });
  };
  // Drawing the weights of 10,000 layers takes seconds.
  progress.update(0, () => 'preparing the network');
  try {
    const { trace, summary, durationMs } = await trainOne(engine, { id, experiment }, dataset, show);
    progress.close();
    const trained: TrainedRun = {
      id,
      ...(title ? { title } : {}),
      experiment,
      trace,
      result: resultOf(trace, experiment),
      summary,
      engine: engine.report,
      durationMs,
    };
    if (out !== undefined) writeFiles(out, trainFiles(trained));
    process.stdout.write(args.flag('json') ? toJson(trainDocument(trained)) : trainTable(trained));
    return EXIT.done;
  } finally {
    progress.close();
    engine.destroy();
  }
}

/** @throws UsageError unless exactly one positional argument was given */
export function onePositional(command: string, { positionals }: Arguments, what: string): string {
  if (positionals.length === 1) return positionals[0];
  if (positionals.length === 0) throw new UsageError(`${command} needs ${what}; see ${command} --help.`);
  throw new UsageError(
    `${command} takes one argument, ${what}, but ${positionals.length} were given: ${positionals.join(', ')}.`,
  );
}
