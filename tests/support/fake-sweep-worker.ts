/**
 * Speaks the protocol of the sweep worker with made-up records, to look at the page without training anything. Served in the
 * place of the real one by tests/support/serve-fake-sweep.mjs; the built page never holds it.
 */
import type { RunResult } from '../../src/metrics/result.ts';
import { encodeTrace } from '../../src/metrics/trace-codec.ts';
import { ConfigError } from '../../src/model/errors.ts';
import { type Expansion, expand, parseSweep, resolveAxes, type Sweep, sweepId } from '../../src/sweep/axes.ts';
import type { RunRecord } from '../../src/sweep/record.ts';
import type { FromSweepWorker, ResolvedAxis, RunPoint, SweepState, ToSweepWorker } from '../../src/sweep/sweep-protocol.ts';
import { syntheticTrace } from './synthetic.ts';

interface Kept {
  readonly sweep: Sweep;
  readonly expansion: Expansion;
  readonly axes: readonly ResolvedAxis[];
  readonly points: readonly RunPoint[];
  readonly records: RunRecord[];
}

const ITERATIONS = 220;
/** Runs that finish at a time, ten times a second; a large sweep takes four seconds. */
const batchOf = ({ points }: Kept): number => Math.max(9, Math.ceil(points.length / 40));
const stored = new Map<string, Kept>();
const deleted = new Set<string>();
let current: Kept | undefined;
let state: SweepState = 'idle';
let timer: ReturnType<typeof setInterval> | undefined;
const say = (message: FromSweepWorker) => self.postMessage(message);

/** A number in 0…1 that belongs to a text. */
function unit(text: string): number {
  let h = 2166136261;
  for (const letter of text) h = Math.imul(h ^ letter.charCodeAt(0), 16777619);
  return (h >>> 0) / 2 ** 32;
}

/** @throws ConfigError */
function read(document: unknown): Kept {
  const sweep = parseSweep(document, 'sweep');
  const expansion = expand(sweep, 'sweep');
  const points = expansion.points.map(({ id, values }) => ({ id, values }));
  return { sweep, expansion, axes: resolveAxes(sweep), points, records: [] };
}

const numberAt = (kept: Kept, point: RunPoint, path: RegExp, otherwise: number) => {
  const a = kept.axes.findIndex((axis) => path.test(axis.path));
  const value = a < 0 ? otherwise : point.values[a];
  return typeof value === 'number' ? value : otherwise;
};

function record(kept: Kept, point: RunPoint): RunRecord {
  const depth = numberAt(kept, point, /depth/, 16);
  const rate = numberAt(kept, point, /learningRate/, 0.01);
  const clipped = JSON.stringify(point.values).includes('torch_norm');
  const noise = unit(point.id);
  const log = Math.log10(rate) + Math.log10(depth) * (clipped ? 0.3 : 1);
  const breaks = log > 0.1 + 0.25 * noise;
  const stuck = !breaks && log < -2.4 + 0.2 * noise;
  const at = Math.round(3 + 40 * noise);
  const loss = breaks ? Number.NaN : 2.3 * 10 ** -Math.max(0, 1.6 - Math.abs(log + 0.6) - noise * 0.1);
  const max = breaks ? 90 + 40 * noise : 2 + depth / 10 + noise;
  const result = {
    iterations: ITERATIONS,
    verdict: breaks
      ? {
          kind: 'diverged',
          title: `Diverged at iteration ${at}`,
          evidence: [`First non-finite tensor: z${depth - 1}, at iteration ${at}.`],
          iteration: at,
        }
      : stuck
        ? {
            kind: 'stuck',
            title: 'Stuck: the loss does not fall',
            evidence: ['Mean loss of the last 50 iterations is 2.29; of the first 50 it was 2.30.'],
          }
        : depth > 40
          ? {
              kind: 'vanishing',
              title: 'Vanishing gradients',
              evidence: ['Gradients change by ×0.81 ± 0.01 per layer towards the input.'],
            }
          : { kind: 'healthy', title: 'Healthy', evidence: [`Mean loss fell from 2.31 to ${loss.toPrecision(3)}.`] },
    loss,
    accuracy: breaks ? 0.1 : 0.9 - 0.2 * noise,
    testLoss: loss,
    testAccuracy: breaks ? Number.NaN : Math.max(0.1, 0.96 - Math.abs(log + 0.6) * 0.3),
    log2GradientNorm: { first: 2, max, last: breaks ? Number.NaN : 1 },
    gradientNorm: { first: 4, max: 2 ** max, last: breaks ? Number.NaN : 2 },
    clipShare: clipped ? noise : null,
    firstNonFinite: breaks ? { iteration: at, tensor: `z${depth - 1}` } : null,
    bestLoss: breaks ? 2.2 : loss * 0.95,
    growth: { first: null, latest: { factor: 1 + 0.1 * noise, standardError: 0.01, iteration: 0 } },
  };
  return {
    id: point.id,
    result: result as unknown as RunResult,
    engine: { engine: 'gpu', adapter: 'Made up' },
    iterationsPerSecond: 900,
  };
}

function trace(kept: Kept, id: string): Uint8Array | undefined {
  const point = kept.points.find((p) => p.id === id);
  const found = kept.records.find((r) => r.id === id);
  if (!point || !found) return undefined;
  const depth = numberAt(kept, point, /depth/, 16);
  const broken = found.result.firstNonFinite?.iteration ?? Number.POSITIVE_INFINITY;
  const breaks = Number.isFinite(broken);
  const made = syntheticTrace({
    iterations: ITERATIONS,
    layers: depth + 1,
    row: (i) =>
      i >= broken
        ? { loss: Number.NaN, log2GradientNorm: Number.NaN, firstNonFinite: 1 }
        : {
            loss: breaks ? 2.3 * 1.5 ** i : 2.3 * Math.exp(-i / 80) + 0.05 * unit(`${id}${i}`),
            log2GradientNorm: breaks ? 2 + 1.8 * i : 3 - i / 80 + unit(`${i}${id}`),
          },
    log2Dz: (l, i) => (i >= broken ? Number.NaN : -0.1 * (depth - l) + 0.3 * unit(`${id}${i}${l}`)),
  });
  return encodeTrace(made);
}

function progress(kept: Kept): void {
  const finished = kept.records.length;
  const diverged = kept.records.filter(({ result }) => result.firstNonFinite).length;
  say({
    type: 'progress',
    progress: {
      runs: kept.points.length,
      finished,
      diverged,
      training: Math.min(64, kept.points.length - finished),
      runsPerMinute: 1208,
      iterationsPerSecond: 4400,
      elapsedSeconds: finished / 20,
      secondsLeft: (kept.points.length - finished) / 20,
    },
  });
}

function tick(): void {
  if (!current || state !== 'running') return;
  const kept = current;
  const from = kept.records.length;
  // Runs end in another order than they lie in the sweep.
  const order = kept.points.map((_, i) => (i * 7) % kept.points.length);
  const unique = kept.points.length % 7 === 0 ? kept.points.map((_, i) => i) : order;
  const records = unique.slice(from, from + batchOf(kept)).map((i) => record(kept, kept.points[i]));
  kept.records.push(...records);
  say({ type: 'records', records });
  progress(kept);
  if (kept.records.length >= kept.points.length) enter('finished');
}

function enter(next: SweepState, message?: string): void {
  state = next;
  clearInterval(timer);
  if (next === 'running') timer = setInterval(tick, 100);
  say({ type: 'state', state, ...(message ? { message } : {}) });
}

function list(): void {
  say({
    type: 'sweeps',
    sweeps: [...stored]
      .filter(([id]) => !deleted.has(id))
      .map(([id, { sweep, points, records }]) => ({
        sweepId: id,
        title: sweep.title ?? '',
        runs: points.length,
        finished: records.length,
      })),
  });
}

function estimate(kept: Kept, seconds: boolean): void {
  const { points, expansion, sweep } = kept;
  const half = Math.ceil(points.length / 2);
  const cohort = (label: string, runs: number) => ({
    label,
    runs,
    slots: Math.min(64, runs),
    extent: 'depth' as const,
    depths: [1, 64] as const,
    bytes: 41e6,
    ...(seconds && { seconds: runs / 40 }),
  });
  const id = sweepId(sweep);
  say({
    type: 'estimated',
    estimate: {
      sweepId: id,
      runs: points.length,
      duplicates: expansion.duplicates.length,
      excluded: expansion.excluded,
      finished: stored.get(id)?.records.length ?? 0,
      cohorts: [
        cohort('mlp, width 64, relu, batch 64, digits8, sgd', half),
        cohort('mlp, width 64, relu, batch 64, digits8, sgd, clip', points.length - half),
      ],
      bytes: 82e6,
      ...(seconds && { seconds: points.length / 20 }),
    },
  });
}

function open(id: string, kept: Kept): void {
  current = kept;
  say({ type: 'opened', sweepId: id, sweep: kept.sweep, axes: kept.axes, points: kept.points, records: kept.records });
}

function start(kept: Kept): void {
  const id = sweepId(kept.sweep);
  const known = stored.get(id) ?? kept;
  stored.set(id, known);
  open(id, known);
  say({ type: 'engine', report: { engine: 'gpu', why: 'Made up.' }, why: 'Made up.' });
  enter('running');
  list();
}

function calibrate(kept: Kept): void {
  enter('calibrating');
  setTimeout(() => {
    estimate(kept, true);
    enter('idle');
  }, 600);
}

function receive(message: ToSweepWorker): void {
  if (message.type === 'list') list();
  else if (message.type === 'estimate') estimate(read(message.sweep), false);
  else if (message.type === 'calibrate') calibrate(read(message.sweep));
  else if (message.type === 'start') start(read(message.sweep));
  else if (message.type === 'pause') enter('paused');
  else if (message.type === 'resume') enter('running');
  else if (message.type === 'cancel') enter('cancelled');
  else if (message.type === 'trace') {
    const bytes = current && trace(current, message.id);
    say({ type: 'trace', sweepId: message.sweepId, id: message.id, trace: bytes });
  } else if (message.type === 'delete' || message.type === 'restore') {
    if (message.type === 'delete') deleted.add(message.sweepId);
    else deleted.delete(message.sweepId);
    list();
  } else {
    const kept = stored.get(message.sweepId);
    if (kept) open(message.sweepId, kept);
    else say({ type: 'failed', message: `No sweep ${message.sweepId} is stored in this browser.` });
  }
}

self.addEventListener('message', ({ data }: MessageEvent<ToSweepWorker>) => {
  try {
    receive(data);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    say({ type: 'refused', problems: error.problems });
  }
});

{
  const kept = read({
    title: 'An interrupted sweep',
    experiment: { model: { kind: 'mlp' }, iterations: ITERATIONS },
    axes: [
      { path: 'model.depth', values: [2, 4, 8] },
      { path: 'optimizer.learningRate', values: [0.01, 0.1] },
    ],
  });
  kept.records.push(...kept.points.slice(0, 4).map((point) => record(kept, point)));
  stored.set(sweepId(kept.sweep), kept);
}
