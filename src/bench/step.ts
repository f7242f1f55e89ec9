/** `bench step`: a training iteration at several depths, ours and, where asked, TensorFlow.js on the same adapter. */

import { measureInTurns, oursOf, peerOf, type Side } from './measure.ts';
import { type EngineName, nameOf, openMeasured } from './open.ts';
import { Peer } from './peer.ts';
import { type Timing, timingOf } from './statistics.ts';
import { type FirstIteration, loadWorkload, startOf } from './workload.ts';

/** Relative difference of loss and norms of iteration 0 within which the work counts as the same. */
export const AGREEMENT = 1e-3;

export interface StepOptions {
  readonly depths: readonly number[];
  readonly engine: EngineName;
  readonly peers: boolean;
  /** Seconds that each side of each depth is measured. */
  readonly seconds: number;
}

export interface StepResult {
  readonly depth: number;
  readonly flop: number;
  readonly dispatches: number;
  readonly compileMs: number;
  readonly iteration: Timing;
  /** 1e9 floating-point operations of matrix products per second, at the minimum time. */
  readonly gflops: number;
  readonly first: FirstIteration;
  readonly peer?: PeerResult;
}

export interface PeerResult {
  readonly compileMs: number;
  readonly iteration: Timing;
  readonly first: FirstIteration;
  /** The peer's median time over ours, and the same of the minimum times. */
  readonly ratio: number;
  readonly ratioOfMin: number;
  /** Largest relative difference of loss, gradient norm, per-layer weight-gradient norms and norms of states' gradients of iteration 0; NaN if one is. */
  readonly difference: number;
}

export interface StepReport {
  readonly adapter: string;
  readonly peer?: string;
  readonly results: readonly StepResult[];
}

/**
 * @param listen called with each depth's result as it is there
 * @throws NoGpuError without an adapter
 * @throws PeerError when the peer cannot run, or runs on another adapter
 */
export async function measureSteps(options: StepOptions, listen: (result: StepResult) => void): Promise<StepReport> {
  let peer: Peer | undefined;
  let adapter = '';
  const results: StepResult[] = [];
  try {
    for (const depth of options.depths) {
      // An engine of its own, since pipelines are cached per engine and compile times would shrink.
      const engine = await openMeasured(options.engine);
      adapter = nameOf(engine.report);
      if (options.peers && !peer) peer = await Peer.open(options.engine === 'gpu' ? adapter : undefined);
      const result = await measureDepth(engine, depth, options.seconds, peer);
      engine.destroy();
      results.push(result);
      listen(result);
    }
    return { adapter, ...(peer ? { peer: `TensorFlow.js ${peer.opened.version} WebGPU` } : {}), results };
  } finally {
    peer?.close();
  }
}

async function measureDepth(
  engine: Awaited<ReturnType<typeof openMeasured>>,
  depth: number,
  seconds: number,
  peer: Peer | undefined,
): Promise<StepResult> {
  const loaded = await loadWorkload(engine, depth);
  const { trainer, compileMs, first } = loaded;
  const start = await startOf(loaded);
  const ours = oursOf(trainer);
  const sides: Side[] = [ours];
  let compiled: Awaited<ReturnType<Peer['block']>> | undefined;
  if (peer) {
    await peer.load(start);
    compiled = await peer.block(1);
    sides.push(peerOf(peer));
  }
  await measureInTurns(sides, seconds);
  const { flopPerIteration: flop, dispatchesPerIteration: dispatches } = trainer.summary;
  trainer.destroy();
  const iteration = timingOf(ours.ms);
  const base = { depth, flop, dispatches, compileMs, iteration, gflops: flop / iteration.min / 1e6, first };
  if (!compiled) return base;
  return { ...base, peer: compared(base, timingOf(sides[1].ms), compiled) };
}

/** @param compiled the peer's iteration 0 */
export function compared(
  ours: { readonly iteration: Timing; readonly first: FirstIteration },
  theirs: Timing,
  compiled: { readonly ms: number; readonly first: FirstIteration },
): PeerResult {
  return {
    compileMs: compiled.ms,
    iteration: theirs,
    first: compiled.first,
    ratio: theirs.median / ours.iteration.median,
    ratioOfMin: theirs.min / ours.iteration.min,
    difference: largestDifference(ours.first, compiled.first),
  };
}

export function largestDifference(a: FirstIteration, b: FirstIteration): number {
  const numbers = ({ loss, gradientNorm, weightNorms, stateNorms }: FirstIteration) => [
    loss,
    gradientNorm,
    ...weightNorms,
    ...stateNorms,
  ];
  const other = numbers(b);
  const differences = numbers(a).map((x, k) => Math.abs(x - other[k]) / Math.max(Math.abs(x), Math.abs(other[k]), 1e-30));
  return Math.max(...differences);
}
