/** `npm run bench -- step | sweep | kernels | probes | depth`: development only. */
import { parseArgs } from 'node:util';
import { EXIT, UsageError } from '../cli/errors.ts';
import { measureDepths } from './depth.ts';
import { ENGINES, type EngineName, nameOf, openMeasured } from './open.ts';
import { PeerError } from './peer.ts';
import { depthTable, probeTable, profileTable, stepTable } from './print.ts';
import { measureProbes } from './probes.ts';
import { profileKernels } from './profile.ts';
import { AGREEMENT, measureSteps } from './step.ts';
import { measureSweep } from './sweep.ts';
import { sweepText } from './sweep-print.ts';

const USAGE = `usage: npm run -s bench -- step    [--depths 16,64,256] [--engine gpu|cpu] [--peers] [--seconds 4] [--json]
       npm run -s bench -- sweep   [--engine gpu|cpu] [--peers] [--rounds 3] [--json]
       npm run -s bench -- kernels [--depths 64] [--replicas 1] [--engine gpu|cpu] [--json]
       npm run -s bench -- probes  [--depths 64] [--replicas 16] [--engine gpu|cpu] [--seconds 4] [--json]
       npm run -s bench -- depth   [--depths 100,1000,10000] [--width 64] [--batch 16] [--engine gpu|cpu] [--seconds 4] [--json]

step     milliseconds per training iteration of an MLP on digits8 (width 64, batch 64, ReLU, SGD, clip 1, every norm
         recorded each iteration); with --peers the same in TensorFlow.js on the same adapter, in turns
sweep    64 such networks (16 learning rates, 4 seeds, depth 32, 20 iterations) as one cohort, one after another, and as the
         command sweep trains them; one cohort of depths 2 to 64 beside a cohort for each depth; with --peers TensorFlow.js
         on the same adapter, or with --engine cpu PyTorch where python3 has it
kernels  the time of each kernel of an iteration of so many networks, run alone
probes   the time of an iteration with everything measured of every layer, and without, in turns
depth    the time of an iteration and of each of its layers, and the memory, of networks of different depth, in turns`;

const COMMANDS = ['step', 'sweep', 'kernels', 'probes', 'depth'] as const;
type CommandName = (typeof COMMANDS)[number];

interface Options {
  readonly command: CommandName;
  readonly depths: readonly number[];
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

/** @throws UsageError naming the argument, its value and what would be valid */
export function parseOptions(args: string[]): Options {
  const { values, positionals } = parse(args);
  const [name, ...rest] = positionals;
  const command = COMMANDS.find((candidate) => candidate === name);
  if (!command)
    throw new UsageError(`"${name ?? ''}" is no benchmark; valid is step, sweep, kernels, probes or depth. See bench --help.`);
  if (rest.length > 0) throw new UsageError(`"${rest[0]}" is one argument too many`);
  const depths = (values.depths ?? DEPTHS[command] ?? '64').split(',').map(Number);
  if (depths.some((depth) => !Number.isInteger(depth) || depth < 1 || depth > 10_000)) {
    throw new UsageError(`--depths ${values.depths}: valid is a list like 16,64,256 of whole numbers from 1 to 10000`);
  }
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
  if (values.peers && command !== 'step' && command !== 'sweep') throw new UsageError('--peers belongs to step and sweep');
  return { command, depths, engine, seconds, rounds, replicas, width, batch, peers: values.peers, json: values.json };
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
    return await { step, sweep, kernels, probes, depth }[options.command](options);
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

async function kernels({ depths, replicas, engine: name, json }: Options): Promise<number> {
  const engine = await openMeasured(name);
  const profiles = [];
  for (const depth of depths) profiles.push(await profileKernels(engine, depth, replicas));
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
