/** `bench recurrent`: a training iteration of recurrent networks along sequences of several lengths, and how it grows with them. */
import type { Cell } from '../model/recurrent-schema.ts';
import { measureInTurns, oursOf, peerOf, type Side } from './measure.ts';
import { type EngineName, nameOf, openMeasured } from './open.ts';
import { Peer } from './peer.ts';
import { noiseOf, recurrentExperiment } from './recurrent-workload.ts';
import { type Line, lineThrough, type Timing, timingOf } from './statistics.ts';
import { compared, type PeerResult } from './step.ts';
import { type FirstIteration, loadExperiment, startOf } from './workload.ts';

export interface RecurrentOptions {
  readonly lengths: readonly number[];
  readonly cell: Cell;
  readonly engine: EngineName;
  readonly peers: boolean;
  /** Seconds that each side of each length is measured. */
  readonly seconds: number;
}

export interface RecurrentResult {
  readonly steps: number;
  readonly dispatches: number;
  readonly bytes: number;
  readonly compileMs: number;
  /** Milliseconds per iteration. */
  readonly iteration: Timing;
  /** This process's processor time per iteration: on a software adapter it measures the work even on a busy machine. */
  readonly cpuMs: number;
  /** Microseconds per iteration and step, of the median. */
  readonly stepUs: number;
  /** 1e9 floating-point operations of matrix products per second, at the minimum time. */
  readonly gflops: number;
  readonly first: FirstIteration;
  readonly peer?: PeerResult;
}

/** Milliseconds per iteration over steps. */
export interface Growth {
  readonly median: Line;
  /** Of processor time, which other work on the machine disturbs less; of ours alone. */
  readonly cpu?: Line;
}

export interface RecurrentReport {
  readonly adapter: string;
  readonly cell: Cell;
  readonly results: readonly RecurrentResult[];
  /** Undefined for fewer than three lengths, through which any line would do. */
  readonly fit: Growth | undefined;
  readonly peer?: string;
  readonly peerFit?: Growth;
}

/**
 * All lengths, and both sides of each, in turns, so that each sees the same machine.
 *
 * @throws NoGpuError without an adapter
 * @throws PeerError when the peer cannot run, or runs on another adapter
 */
export async function measureRecurrent(options: RecurrentOptions): Promise<RecurrentReport> {
  const { cell, lengths } = options;
  const engine = await openMeasured(options.engine);
  const adapter = nameOf(engine.report);
  const peer = options.peers ? await Peer.open(options.engine === 'gpu' ? adapter : undefined) : undefined;
  const works: Work[] = [];
  try {
    for (const [slot, steps] of lengths.entries()) {
      const loaded = await loadExperiment(engine, recurrentExperiment(cell, steps), noiseOf(steps));
      works.push({ steps, loaded, ours: oursOf(loaded.trainer), ...(peer ? await theirsOf(peer, slot, loaded) : {}) });
    }
    await measureInTurns(
      works.flatMap(({ ours, theirs }) => (theirs ? [ours, theirs] : [ours])),
      options.seconds,
    );
    const results = works.map(resultOf);
    const theirs = results.flatMap((result) => result.peer ?? []);
    const peerFit = fitOf(lengths, theirs);
    return {
      adapter,
      cell,
      results,
      fit: fitOf(lengths, results),
      ...(peer ? { peer: `TensorFlow.js ${peer.opened.version} WebGPU` } : {}),
      ...(peerFit ? { peerFit } : {}),
    };
  } finally {
    peer?.close();
    for (const { loaded } of works) loaded.trainer.destroy();
    engine.destroy();
  }
}

type Loaded = Awaited<ReturnType<typeof loadExperiment>>;
type Compiled = Awaited<ReturnType<Peer['block']>>;

/** A length with its sides. */
interface Work {
  readonly steps: number;
  readonly loaded: Loaded;
  readonly ours: ReturnType<typeof oursOf>;
  readonly theirs?: Side;
  readonly compiled?: Compiled;
}

async function theirsOf(peer: Peer, slot: number, loaded: Loaded): Promise<{ theirs: Side; compiled: Compiled }> {
  await peer.load(await startOf(loaded), { slot });
  return { compiled: await peer.block(1, slot), theirs: peerOf(peer, slot) };
}

function resultOf({ steps, loaded, ours, theirs, compiled }: Work): RecurrentResult {
  const { trainer, compileMs, first } = loaded;
  const { dispatchesPerIteration: dispatches, bytes, flopPerIteration: flop } = trainer.summary;
  const iteration = timingOf(ours.ms);
  const result = {
    steps,
    dispatches,
    bytes,
    compileMs,
    iteration,
    cpuMs: timingOf(ours.cpuMs).median,
    stepUs: (1000 * iteration.median) / steps,
    gflops: flop / iteration.min / 1e6,
    first,
  };
  return theirs && compiled ? { ...result, peer: compared({ iteration, first }, timingOf(theirs.ms), compiled) } : result;
}

function fitOf(
  lengths: readonly number[],
  results: readonly { readonly iteration: Timing; readonly cpuMs?: number }[],
): Growth | undefined {
  if (results.length < 3) return undefined;
  const medians = results.map(({ iteration }) => iteration.median);
  const cpu = results.flatMap(({ cpuMs }) => cpuMs ?? []);
  const median = lineThrough(lengths, medians);
  return cpu.length < lengths.length ? { median } : { median, cpu: lineThrough(lengths, cpu) };
}
