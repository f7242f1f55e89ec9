/**
 * Speaks the protocol of the sweep worker with made-up records, to look at the page without training anything. Served in the
 * place of the real one by tests/support/fake-sweep.vite.ts; the built page never holds it.
 */
import { SCALARS } from '../../src/metrics/block.ts';
import type { RunResult } from '../../src/metrics/result.ts';
import { parseExperiment, runId } from '../../src/model/experiment.ts';
import type { ExperimentInput } from '../../src/model/schema.ts';
import { setField } from '../../src/sweep/field-path.ts';
import type { RunRecord } from '../../src/sweep/record.ts';
import type { FromSweepWorker, ResolvedAxis, RunPoint, SweepState, ToSweepWorker } from '../../src/sweep/sweep-protocol.ts';

interface Document {
  readonly title?: string;
  readonly experiment?: ExperimentInput;
  readonly axes: readonly { path: string; values?: readonly unknown[]; range?: Record<string, unknown> }[];
  readonly sampling?: { count: number; seed: number };
}
interface Kept {
  readonly document: Document;
  readonly axes: ResolvedAxis[];
  readonly points: RunPoint[];
  readonly records: RunRecord[];
}

const ITERATIONS = 220;
const BATCH = Math.max(1, Number(new URL(self.location.href).searchParams.get('batch') ?? 9));
const stored = new Map<string, Kept>();
let current: Kept | undefined;
let state: SweepState = 'idle';
let timer: ReturnType<typeof setInterval> | undefined;
const say = (message: FromSweepWorker) => self.postMessage(message);

function hash(text: string): number {
  let h = 2166136261;
  for (const letter of text) h = Math.imul(h ^ letter.charCodeAt(0), 16777619);
  return h >>> 0;
}
const unit = (text: string) => hash(text) / 2 ** 32;

function valuesOf(axis: Document['axes'][number]): unknown[] {
  if (axis.values) return [...axis.values];
  const { from, to, count, scale } = axis.range as { from: number; to: number; count: number; scale: string };
  const log = scale.endsWith('log');
  const all = Array.from({ length: count }, (_, i) => {
    const t = count === 1 ? 0 : i / (count - 1);
    const x = log ? from * (to / from) ** t : from + t * (to - from);
    return scale.startsWith('integer') ? Math.round(x) : Number(x.toPrecision(3));
  });
  return [...new Set(all)];
}

function expand(document: Document): Kept {
  const lists: unknown[][] = document.axes.map(valuesOf);
  let values = lists.reduce<unknown[][]>((all, list) => all.flatMap((p) => list.map((v) => [...p, v])), [[]]);
  if (document.sampling) {
    const drawn = Array.from({ length: document.sampling.count }, (_, i) =>
      lists.map((list, a) => {
        const [low, high] = [list[0], list[list.length - 1]];
        const t = unit(`${i} ${a}`);
        if (typeof low !== 'number' || typeof high !== 'number') return list[Math.floor(t * list.length)];
        const x = low * (high / low) ** t;
        return Number.isInteger(low) && Number.isInteger(high) ? Math.round(x) : Number(x.toPrecision(4));
      }),
    );
    values = drawn;
  }
  const axes = document.axes.map(({ path }, a) => ({
    path,
    values: document.sampling ? [...new Set(values.map((v) => v[a]))].sort((x, y) => Number(x) - Number(y)) : lists[a],
  }));
  const base = document.experiment ?? {};
  const points = values.map((v) => {
    const input = document.axes.reduce((changed, { path }, a) => setField(changed, path, v[a]), base);
    return { id: runId(parseExperiment(input)), values: v };
  });
  return { document, axes, points, records: [] };
}

function check(input: unknown): { path: string; problem: string }[] {
  const document = input as Partial<Document>;
  if (!Array.isArray(document.axes) || document.axes.length === 0)
    return [{ path: 'axes', problem: 'at least one axis is needed' }];
  return document.axes.flatMap((axis, k) => {
    if (!axis.path)
      return [{ path: `axes.${k}.path`, problem: '"" is not valid; valid is a dotted path such as "optimizer.learningRate"' }];
    if (axis.range) {
      const wrong = (['from', 'to', 'count'] as const).filter((key) => typeof axis.range?.[key] !== 'number');
      return wrong.map((key) => ({
        path: `axes.${k}.range.${key}`,
        problem: `${JSON.stringify(axis.range?.[key])} is not valid; valid is a number`,
      }));
    }
    if (!axis.values?.length) return [{ path: `axes.${k}.values`, problem: 'valid is a list of at least one value' }];
    if (axis.path === 'model.depth' && (axis.values as readonly unknown[]).some((x) => typeof x !== 'number'))
      return [
        { path: 'model.depth', problem: '"many" is not valid; valid is a whole number from 1 to 10000 (at 3 of 9 points)' },
      ];
    return [];
  });
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
    growth: { factor: 1.0 + 0.1 * noise, standardError: 0.01, log2AtInput: 0, log2PerLayer: 0.1, layers: depth },
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
  const series = (f: (i: number) => number) => Array.from({ length: ITERATIONS }, (_, i) => (i >= broken ? 'NaN' : f(i)));
  const scalars: Record<string, (number | string)[]> = Object.fromEntries(SCALARS.map((name) => [name, series(() => 0)]));
  scalars.iteration = Array.from({ length: ITERATIONS }, (_, i) => i);
  scalars.loss = series((i) => (Number.isFinite(broken) ? 2.3 * 1.5 ** i : 2.3 * Math.exp(-i / 80) + 0.05 * unit(`${id}${i}`)));
  scalars.log2GradientNorm = series((i) => (Number.isFinite(broken) ? 2 + 1.8 * i : 3 - i / 80 + unit(`${i}${id}`)));
  const layers = Array.from({ length: ITERATIONS / 10 }, (_, k) => ({
    iteration: 10 * k,
    log2Dz: Array.from({ length: depth + 1 }, (_, l) =>
      10 * k >= broken ? 'NaN' : -0.1 * (depth - l) + 0.3 * unit(`${id}${k}${l}`),
    ),
  }));
  const measured = Array.from({ length: depth + 1 }, (_, l) => `z${l}`);
  const body = {
    measured,
    gradientLayers: depth + 1,
    scalars,
    layers,
    tests: [],
    firstNonFinite: found.result.firstNonFinite ?? undefined,
  };
  return new TextEncoder().encode(JSON.stringify(body));
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
  const records = unique.slice(from, from + BATCH).map((i) => record(kept, kept.points[i]));
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
    sweeps: [...stored].map(([sweepId, { document, points, records }]) => ({
      sweepId,
      title: document.title ?? 'Untitled',
      runs: points.length,
      finished: records.length,
    })),
  });
}

function estimate(document: Document, seconds: boolean): void {
  const kept = expand(document);
  const half = Math.ceil(kept.points.length / 2);
  const cohort = (label: string, runs: number) => ({
    label,
    runs,
    slots: Math.min(64, runs),
    depths: [1, 64] as const,
    bytes: 41e6,
    ...(seconds && { seconds: runs / 40 }),
  });
  say({
    type: 'estimated',
    estimate: {
      sweepId: hash(JSON.stringify(document)).toString(16),
      runs: kept.points.length,
      duplicates: 3,
      excluded: 12,
      finished: 0,
      cohorts: [
        cohort('mlp, width 64, relu, batch 64, digits8, sgd', half),
        cohort('mlp, width 64, relu, batch 64, digits8, sgd, clip', kept.points.length - half),
      ],
      bytes: 82e6,
      ...(seconds && { seconds: kept.points.length / 20 }),
    },
  });
}

function open(sweepId: string, kept: Kept): void {
  current = kept;
  say({ type: 'opened', sweepId, sweep: kept.document, axes: kept.axes, points: kept.points, records: kept.records });
}

self.addEventListener('message', ({ data }: MessageEvent<ToSweepWorker>) => {
  switch (data.type) {
    case 'list':
      return list();
    case 'estimate':
    case 'calibrate':
    case 'start': {
      const problems = check(data.sweep);
      if (problems.length > 0) return say({ type: 'refused', problems });
      if (data.type === 'estimate') return estimate(data.sweep as Document, false);
      if (data.type === 'calibrate') {
        enter('calibrating');
        setTimeout(() => {
          estimate(data.sweep as Document, true);
          enter('idle');
        }, 600);
        return;
      }
      const id = hash(JSON.stringify(data.sweep)).toString(16);
      const kept = stored.get(id) ?? expand(data.sweep as Document);
      stored.set(id, kept);
      open(id, kept);
      say({ type: 'engine', report: { engine: 'gpu', why: 'Made up.' }, why: 'Made up.' });
      enter('running');
      return list();
    }
    case 'open': {
      const kept = stored.get(data.sweepId);
      return kept
        ? open(data.sweepId, kept)
        : say({ type: 'failed', message: `No sweep ${data.sweepId} is stored in this browser.` });
    }
    case 'pause':
      return enter('paused');
    case 'resume':
      return enter('running');
    case 'cancel':
      return enter('cancelled');
    case 'trace': {
      const bytes = current && trace(current, data.id);
      return say({ type: 'trace', sweepId: data.sweepId, id: data.id, trace: bytes });
    }
    case 'delete':
      stored.delete(data.sweepId);
      return list();
  }
});

{
  const document: Document = {
    title: 'An interrupted sweep',
    experiment: { model: { kind: 'mlp' }, iterations: 220 },
    axes: [
      { path: 'model.depth', values: [2, 4, 8] },
      { path: 'optimizer.learningRate', values: [0.01, 0.1] },
    ],
  };
  const kept = expand(document);
  kept.records.push(...kept.points.slice(0, 4).map((point) => record(kept, point)));
  stored.set(hash(JSON.stringify(document)).toString(16), kept);
}
