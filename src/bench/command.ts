/** `npm run bench -- step | sweep | recurrent | kernels | probes | depth | page`: development only. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EXIT, UsageError } from '../cli/errors.ts';
import { CELLS, type Cell } from '../model/recurrent-schema.ts';
import { measureDepths } from './depth.ts';
import { ENGINES, type EngineName, nameOf, openMeasured } from './open.ts';
import { PeerError } from './peer.ts';
import { depthTable, probeTable, profileTable, recurrentTable, stepTable } from './print.ts';
import { measureProbes } from './probes.ts';
import { profileKernels } from './profile.ts';
import { measureRecurrent } from './recurrent.ts';
import { noiseOf, recurrentExperiment } from './recurrent-workload.ts';
import { ROOT } from './root.ts';
import { AGREEMENT, measureSteps } from './step.ts';
import { measureSweep } from './sweep.ts';
import { sweepText } from './sweep-print.ts';
import { loadExperiment, loadWorkload } from './workload.ts';

const USAGE = `usage: npm run -s bench -- step    [--depths 16,64,256] [--engine gpu|cpu] [--peers] [--seconds 4] [--json]
       npm run -s bench -- sweep   [--engine gpu|cpu] [--peers] [--rounds 3] [--json]
       npm run -s bench -- recurrent [--lengths 64,256,1024] [--cell rnn|lstm|gru] [--engine gpu|cpu] [--peers] [--seconds 4] [--json]
       npm run -s bench -- kernels [--depths 64 | --lengths 256 --cell rnn] [--replicas 1] [--engine gpu|cpu] [--json]
       npm run -s bench -- probes  [--depths 64] [--replicas 16] [--engine gpu|cpu] [--seconds 4] [--json]
       npm run -s bench -- depth   [--depths 100,1000,10000] [--width 64] [--batch 16] [--engine gpu|cpu] [--seconds 4] [--json]
       npm run -s bench -- page    [--engine gpu|cpu] [--seconds 4] [--json]

step     milliseconds per training iteration of an MLP on digits8 (width 64, batch 64, ReLU, SGD, clip 1, every norm
         recorded each iteration); with --peers the same in TensorFlow.js on the same adapter, in turns
sweep    64 such networks (16 learning rates, 4 seeds, depth 32, 20 iterations) as one cohort, one after another, and as the
         command sweep trains them; one cohort of depths 2 to 64 beside a cohort for each depth; with --peers TensorFlow.js
         on the same adapter, or with --engine cpu PyTorch where python3 has it
recurrent  milliseconds per training iteration along sequences of so many steps (hidden 64, 8 inputs, batch 32, read-out of the
         last step into 10 classes, SGD, clip 1, the norm of every gradient and of dL/dh of every step recorded each iteration),
         and the line through them; with --peers the same of a tanh RNN in TensorFlow.js on the same adapter, in turns
kernels  the time of each kernel of an iteration of so many networks, run alone; with --lengths of recurrent ones
probes   the time of an iteration with everything measured of every layer, without, and with histograms too, in turns
depth    the time of an iteration and of each of its layers, and the memory, of networks of different depth, in turns
page     what the built page loads, when its curves move, how long its main thread is busy while runs stream, and how often
         a chart is drawn between two frames, in a headless Chromium with SwiftShader or on the CPU engine`;

const COMMANDS = ['step', 'sweep', 'recurrent', 'kernels', 'probes', 'depth', 'page'] as const;
type CommandName = (typeof COMMANDS)[number];

interface Options {
  readonly command: CommandName;
  readonly depths: readonly number[];
  /** Of sequences; empty for networks without. */
  readonly lengths: readonly number[];
  readonly cell: Cell;
  readonly engine: EngineName;
  readonly peers: boolean;
  readonly seconds: number;
  readonly rounds: number;
  readonly replicas: number;
  readonly width: number;
  readonly batch: number;
  readonly json: boolean;
}

const DEPTHS: Readonly<Partial<Record<CommandName, string>>> = { step: '16,64,256', depth: '100,1000,10000' };
/** The shortest sequence of the recurrent workload's task. */
const SHORTEST = 20;

/** @throws UsageError naming the argument, its value and what would be valid */
export function parseOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  const command = COMMANDS.find((candidate) => candidate === name);
  if (!command)
    throw new UsageError(
      `"${name ?? ''}" is no benchmark; valid is step, sweep, recurrent, kernels, probes, depth or page. See bench --help.`,
    );
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is one argument too many`);
  const depths = counts('depths', values.depths ?? DEPTHS[command] ?? '64', 1);
  const given = values.lengths ?? (command === 'recurrent' ? '64,256,1024' : undefined);
  const lengths = given === undefined ? [] : counts('lengths', given, SHORTEST);
  const cell = CELLS.find((name) => name === (values.cell ?? 'rnn'));
  if (!cell) throw new UsageError(`--cell ${values.cell}: valid is rnn, lstm or gru`);
  const engine = ENGINES.find((name) => name === values.engine);
  if (!engine) throw new UsageError(`--engine ${values.engine}: valid is gpu or cpu`);
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 3600))
    throw new UsageError(`--seconds ${values.seconds}: valid is a number above 0, up to 3600`);
  const rounds = count('rounds', values.rounds, 100);
  const replicas = count('replicas', values.replicas ?? (command === 'probes' ? '16' : '1'), 1024);
  const width = count('width', values.width ?? '64', 4096);
  const batch = count('batch', values.batch ?? '16', 4096);
  const isDeep = values.width !== undefined || values.batch !== undefined;
  if (isDeep && command !== 'depth') throw new UsageError('--width and --batch belong to depth');
  const isRecurrent = values.lengths !== undefined || values.cell !== undefined;
  if (isRecurrent && command !== 'recurrent' && command !== 'kernels')
    throw new UsageError('--lengths and --cell belong to recurrent and kernels');
  if (values.depths !== undefined && lengths.length > 0) throw new UsageError('--depths belongs to networks without --lengths');
  const { peers, json } = values;
  if (peers && !PEERED.has(command)) throw new UsageError('--peers belongs to step, sweep and recurrent');
  if (peers && cell !== 'rnn') throw new UsageError('--peers has no cell but rnn');
  return { command, depths, lengths, cell, engine, seconds, rounds, replicas, width, batch, peers, json };
}

const PEERED: ReadonlySet<CommandName> = new Set(['step', 'sweep', 'recurrent'] as const);

function counts(option: string, text: string, least: number): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((n) => Number.isInteger(n) && n >= least && n <= 10_000)) return numbers;
  throw new UsageError(`--${option} ${text}: valid is a list like 64,256 of whole numbers from ${least} to 10000`);
}

function count(option: string, text: string, most: number): number {
  const n = Number(text);
  if (Number.isInteger(n) && n >= 1 && n <= most) return n;
  throw new UsageError(`--${option} ${text}: valid is a whole number from 1 to ${most}`);
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        depths: { type: 'string' },
        lengths: { type: 'string' },
        cell: { type: 'string' },
        engine: { type: 'string', default: 'gpu' },
        seconds: { type: 'string', default: '4' },
        rounds: { type: 'string', default: '3' },
        replicas: { type: 'string' },
        width: { type: 'string' },
        batch: { type: 'string' },
        peers: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/**
 * @returns the process's exit code: 0, 1 when a peer's numbers differ, 2 when it cannot run as asked
 * @throws what the command line's `report` understands
 */
export async function runBench(args: string[]): Promise<number> {
  if (args.length === 0 || args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return args.length === 0 ? EXIT.refused : EXIT.done;
  }
  const options = parseOptions(args);
  try {
    return await { step, sweep, recurrent, kernels, probes, depth, page }[options.command](options);
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    console.error(error.message);
    return EXIT.refused;
  }
}

async function step(options: Options): Promise<number> {
  const report = await measureSteps(options, ({ depth }) => {
    if (process.stderr.isTTY) console.error(`depth ${depth} measured`);
  });
  console.log(options.json ? JSON.stringify(report, null, 2) : `${report.adapter}\n${stepTable(report)}`);
  return report.results.some(({ peer }) => peer && !(peer.difference <= AGREEMENT)) ? EXIT.failed : EXIT.done;
}

async function sweep(options: Options): Promise<number> {
  const report = await measureSweep(options);
  console.log(options.json ? JSON.stringify(report, null, 2) : sweepText(report));
  const { torch } = report;
  return typeof torch === 'object' && !(torch.difference <= AGREEMENT) ? EXIT.failed : EXIT.done;
}

async function recurrent(options: Options): Promise<number> {
  const report = await measureRecurrent(options);
  console.log(options.json ? JSON.stringify(report, null, 2) : `${report.adapter}\n${recurrentTable(report)}`);
  return report.results.some(({ peer }) => peer && !(peer.difference <= AGREEMENT)) ? EXIT.failed : EXIT.done;
}

async function kernels({ depths, lengths, cell, replicas, engine: name, json }: Options): Promise<number> {
  const engine = await openMeasured(name);
  const profiles = [];
  for (const steps of lengths) {
    const loaded = await loadExperiment(engine, recurrentExperiment(cell, steps), noiseOf(steps), replicas);
    profiles.push(await profileKernels(engine, `${cell}, ${steps} steps`, loaded));
  }
  for (const depth of lengths.length > 0 ? [] : depths) {
    profiles.push(await profileKernels(engine, `depth ${depth}`, await loadWorkload(engine, depth, replicas)));
  }
  const adapter = nameOf(engine.report);
  engine.destroy();
  console.log(json ? JSON.stringify({ adapter, profiles }, null, 2) : `${adapter}\n${profiles.map(profileTable).join('\n\n')}`);
  return EXIT.done;
}

async function probes({ depths, replicas, engine: name, seconds, json }: Options): Promise<number> {
  const engine = await openMeasured(name);
  const costs = [];
  for (const depth of depths) costs.push(await measureProbes(engine, depth, replicas, seconds));
  const adapter = nameOf(engine.report);
  engine.destroy();
  console.log(json ? JSON.stringify({ adapter, costs }, null, 2) : `${adapter}\n${probeTable(costs)}`);
  return EXIT.done;
}

async function depth(options: Options): Promise<number> {
  const engine = await openMeasured(options.engine);
  const costs = await measureDepths(engine, options);
  const adapter = nameOf(engine.report);
  engine.destroy();
  console.log(options.json ? JSON.stringify({ adapter, costs }, null, 2) : `${adapter}\n${depthTable(costs)}`);
  return EXIT.done;
}

/** In a process of its own: the browser's driver and the page's server stay out of the command line's one file. */
async function page({ engine, seconds, json }: Options): Promise<number> {
  const args = ['--engine', engine, '--seconds', String(seconds), ...(json ? ['--json'] : [])];
  const { status } = spawnSync(process.execPath, [join(ROOT, 'src/bench/page.mjs'), ...args], { stdio: 'inherit' });
  return status === 0 ? EXIT.done : EXIT.refused;
}
