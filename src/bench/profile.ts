/** `bench kernels`: where an iteration's time goes, kernel by kernel. */
import type { Engine, Session } from '../engine/engine.ts';
import { GATES } from '../model/recurrent-network.ts';
import { CELLS } from '../model/recurrent-schema.ts';
import { type KernelName, kernelEntry } from '../plan/kernels.ts';
import { type AnyStep, type Range, WORD } from '../plan/plan.ts';
import { timingOf } from './statistics.ts';
import type { Loaded } from './workload.ts';

/** Iterations before the profile, so that buffers hold what they hold in training. */
const WARM_ITERATIONS = 5;
/** Aim of one timed submission. */
const SAMPLE_MS = 60;
/** Rounds over all kernels; the minimum over rounds counts. */
const ROUNDS = 5;

export interface KernelProfile {
  readonly kernel: KernelName;
  readonly dispatches: number;
  /** Milliseconds of this kernel's steps of one iteration, run alone, back to back. */
  readonly ms: number;
  /** Processor time of this process: on a software adapter it measures a kernel even on a busy machine. */
  readonly cpuMs: number;
  /** Share of the sum of `ms` over all kernels. */
  readonly share: number;
  /** 1e9 floating-point operations of matrix products per second; undefined for kernels without any. */
  readonly gflops: number | undefined;
  /** 1e9 bytes per second if every bound range is touched once. */
  readonly gbytes: number;
}

export interface Profile {
  /** What was profiled. */
  readonly name: string;
  readonly replicas: number;
  /** Milliseconds of whole iterations, in the same rounds. */
  readonly iterationMs: number;
  readonly iterationCpuMs: number;
  readonly kernels: readonly KernelProfile[];
}

/** A subset of a plan's steps on a session of its own. */
export interface Subset {
  /** Undefined for the whole iteration. */
  readonly kernel: KernelName | undefined;
  readonly steps: readonly AnyStep[];
  readonly session: Session;
  /** Repetitions in one submission. */
  readonly times: number;
  readonly ms: number[];
  readonly cpuMs: number[];
}

/** @param loaded a workload, destroyed here */
export async function profileKernels(engine: Engine, name: string, loaded: Loaded): Promise<Profile> {
  const { replicas } = loaded.trainer.summary;
  const subsets = await prepareSubsets(engine, loaded);
  for (let round = 0; round < ROUNDS; round++) for (const subset of subsets) await timeOnce(subset);
  for (const { session } of subsets) session.destroy();
  const [whole, ...parts] = subsets;
  const sum = parts.reduce((total, { ms }) => total + timingOf(ms).min, 0);
  const kernels = parts.flatMap(({ kernel, steps, ms, cpuMs }): KernelProfile[] => {
    if (!kernel) return [];
    const best = timingOf(ms).min;
    const flop = steps.reduce((total, step) => total + flopOf(step), 0);
    const bytes = steps.reduce((total, step) => total + bytesOf(step), 0);
    return [
      {
        kernel,
        dispatches: steps.length,
        ms: best,
        cpuMs: timingOf(cpuMs).min,
        share: best / sum,
        gflops: flop > 0 ? flop / best / 1e6 : undefined,
        gbytes: bytes / best / 1e6,
      },
    ];
  });
  return {
    name,
    replicas,
    iterationMs: timingOf(whole.ms).min,
    iterationCpuMs: timingOf(whole.cpuMs).min,
    kernels: kernels.sort((a, b) => b.ms - a.ms),
  };
}

/** The whole iteration, then each kernel's steps alone. */
async function prepareSubsets(engine: Engine, { trainer }: Loaded): Promise<Subset[]> {
  await trainer.advance(WARM_ITERATIONS);
  const { session } = trainer;
  const names = [...new Set(session.plan.iteration.map(({ kernel }) => kernel))];
  const subsets: Subset[] = [];
  for (const kernel of [undefined, ...names]) subsets.push(await prepare(engine, session, kernel));
  trainer.destroy();
  return subsets;
}

/** A session on a copy of everything the trained one holds. */
async function prepare(engine: Engine, trained: Session, kernel: KernelName | undefined): Promise<Subset> {
  const { plan } = trained;
  const steps = plan.iteration.filter((step) => kernel === undefined || step.kernel === kernel);
  const session = await engine.load({ ...plan, iteration: steps });
  const ranges = plan.buffers.map(({ words }, buffer): Range => ({ buffer, offset: 0, words }));
  const contents = await trained.read(ranges);
  ranges.forEach((range, k) => {
    session.write(range, contents[k]);
  });
  await session.run('iteration', 1);
  let times = 1;
  for (let elapsed = 0; elapsed < SAMPLE_MS / 2; ) {
    const start = performance.now();
    await session.run('iteration', times);
    elapsed = performance.now() - start;
    if (elapsed < SAMPLE_MS / 2) times = Math.ceil(times * Math.min(10, SAMPLE_MS / Math.max(elapsed, 0.1)));
  }
  return { kernel, steps, session, times, ms: [], cpuMs: [] };
}

export async function timeOnce({ session, times, ms, cpuMs }: Subset): Promise<void> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await session.run('iteration', times);
  ms.push((performance.now() - start) / times);
  const { user, system } = process.cpuUsage(cpu);
  cpuMs.push((user + system) / 1000 / times);
}

/** Floating-point operations of a step's matrix product, 2 per multiply-add. */
function flopOf({ kernel, constants, invocations }: AnyStep): number {
  if (kernel === 'recurrent_forward' || kernel === 'recurrent_backward') {
    const { B, T, H, CELL, STEPS } = constants as Record<'B' | 'T' | 'H' | 'CELL' | 'STEPS', number>;
    return 2 * B * Math.min(STEPS, T) * H * H * GATES[CELLS[CELL]].length * invocations[2];
  }
  if (!kernel.startsWith('linear')) return 0;
  const { B, I, O } = constants as { B: number; I: number; O: number };
  return 2 * B * I * O * invocations[2];
}

function bytesOf({ kernel, bindings }: AnyStep): number {
  const ranges = bindings as Readonly<Record<string, Range>>;
  return Object.keys(kernelEntry(kernel).bindings).reduce((sum, name) => sum + ranges[name].words * WORD, 0);
}
