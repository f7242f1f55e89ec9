/**
 * Runs one kernel and its twin: same inputs, canaries behind every binding, dirty outputs. In a browser the kernel is WebGPU's,
 * in Node the CPU engine's in WebAssembly.
 */
import { afterAll, beforeAll, expect } from 'vitest';
import { CpuEngine } from '../../src/engine/cpu/engine.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open.ts';
import { normals, PURPOSE } from '../../src/math/philox.ts';
import { type BindingName, type Constants, type KernelName, kernelEntry } from '../../src/plan/kernels.ts';
import { type AnyStep, ceilTo, type Plan, type PlanBuffer, type Range } from '../../src/plan/plan.ts';
import { STATUS_WORDS } from '../../src/plan/records.ts';
import { differences, type Tolerance, type Words } from './compare.ts';
import { statusOf } from './records.ts';

/** Where a tensor's elements lie: per dimension, outermost first, how many and how far apart. */
export interface Layout {
  readonly dims: readonly (readonly [count: number, stride: number])[];
  readonly words: number;
}

const four = (n: number) => ceilTo(n, 4);
const sixteen = (n: number) => ceilTo(n, 16);

/** (R, rows, columns), both padded to multiples of 4: activations and weights. */
export function matrix(R: number, rows: number, columns: number): Layout {
  const stride = four(rows) * four(columns);
  const dims = [
    [R, stride],
    [rows, four(columns)],
    [columns, 1],
  ] as const;
  return { dims, words: R * stride };
}

/** (R, n), n padded to a multiple of 16: biases and affine parameters. */
export function vector(R: number, n: number): Layout {
  const dims = [
    [R, sixteen(n)],
    [n, 1],
  ] as const;
  return { dims, words: R * sixteen(n) };
}

/** (R, B, n), B padded to a multiple of 4: per-row records. */
export function records(R: number, B: number, n: number): Layout {
  const dims = [
    [R, four(B) * n],
    [B, n],
    [n, 1],
  ] as const;
  return { dims, words: R * four(B) * n };
}

/** (R, rows, gates, H), each gate's H and the rows padded to multiples of 4: what a recurrent cell has of every gate. */
export function gated(R: number, rows: number, gates: number, H: number): Layout {
  const row = gates * four(H);
  const dims = [
    [R, four(rows) * row],
    [rows, row],
    [gates, four(H)],
    [H, 1],
  ] as const;
  return { dims, words: R * four(rows) * row };
}

/** (R, gates, H), each gate padded to a multiple of 4 and the whole to one of 16: its biases. */
export function gatedVector(R: number, gates: number, H: number): Layout {
  const stride = sixteen(gates * four(H));
  const dims = [
    [R, stride],
    [gates, four(H)],
    [H, 1],
  ] as const;
  return { dims, words: R * stride };
}

/** No padding. */
export function flat(...counts: number[]): Layout {
  const dims = counts.map((count, i) => [count, counts.slice(i + 1).reduce((a, b) => a * b, 1)] as const);
  return { dims, words: counts.reduce((a, b) => a * b, 1) };
}

/** `count` tensors of one layout, `stride` words apart. */
export function repeated(count: number, stride: number, { dims, words }: Layout): Layout {
  return { dims: [[count, stride] as const, ...dims], words: (count - 1) * stride + words };
}

/** Word of every element, in logical order. */
export function positions({ dims }: Layout): number[] {
  return dims.reduce<number[]>(
    (all, [count, stride]) => all.flatMap((at) => Array.from({ length: count }, (_, i) => at + i * stride)),
    [0],
  );
}

export interface Operand {
  readonly layout: Layout;
  /** Contents in logical order; undefined for what the kernel must overwrite. */
  readonly values?: ArrayLike<number>;
  /** Whether the kernel may change it. */
  readonly written: boolean;
  /** Whether the kernel writes zeros into the padding. */
  readonly clearsPadding: boolean;
}

export function reads(layout: Layout, values: ArrayLike<number>): Operand {
  return { layout, values, written: false, clearsPadding: false };
}
export function updates(layout: Layout, values: ArrayLike<number>): Operand {
  return { layout, values, written: true, clearsPadding: false };
}
/** Overwritten by the kernel; its padding is left alone. */
export function writes(layout: Layout): Operand {
  return { layout, written: true, clearsPadding: false };
}
/** Overwritten by the kernel, zeros into its padding. */
export function writesPadded(layout: Layout): Operand {
  return { layout, written: true, clearsPadding: true };
}
/** Bound but not touched. */
export const absent: Operand = reads(flat(4), [0, 0, 0, 0]);

/** The statuses of more replicas than any test has. */
const ALL_PRESENT = reads(flat(256, STATUS_WORDS), statusOf(Array.from({ length: 256 }, () => ({ present: 1 }))));

/** 1.06e38 as float32. */
const GARBAGE = 0x7e9f5eed;
const CANARY = 0x5ca1ab1e;
/** Canary words behind every binding, inside the bound range, so that a write beyond the tensor's end lands there. */
export const CANARIES = 64;

export const inBrowser = typeof document !== 'undefined';

export interface Engines {
  /** The engine under test: WebGPU, or in Node the CPU engine with its WebAssembly. */
  readonly gpu: Engine;
  /** The twins. */
  readonly cpu: Engine;
}

/** The CPU engine with its WebAssembly. */
export function wasmEngine(): CpuEngine {
  return new CpuEngine({ engine: 'cpu', why: 'a test' });
}
/** The CPU engine with nothing but twins. */
export function twinEngine(): CpuEngine {
  return new CpuEngine({ engine: 'cpu', why: 'a test' }, { twins: true });
}

/** Opens both engines before a file's tests and closes them after. */
export function useEngines(): () => Engines {
  let engines: Engines | undefined;
  beforeAll(async () => {
    engines = { gpu: inBrowser ? await openEngine('gpu', navigator.gpu, 'use') : wasmEngine(), cpu: twinEngine() };
  });
  afterAll(() => engines?.gpu.destroy());
  return () => {
    if (!engines) throw new Error('the engines are opened before the first test');
    return engines;
  };
}

type Optional = 'FIRST' | 'EXTENDED' | 'RANGE_STRIDE' | `${string}_AT`;
const OPTIONAL = /^(FIRST|EXTENDED|RANGE_STRIDE)$|_AT$/;

export interface KernelRun<K extends KernelName> {
  /** FIRST is 0 where it is left out, and so are the constants of an extended range. */
  readonly constants: Omit<Constants<K>, Optional> & Partial<Constants<K>>;
  /** Invocations in x, y and z. */
  readonly grid: readonly [number, number, number];
  /** A `status` left out says that every replica takes part, a `range` left out is one that is not touched. */
  readonly operands: Readonly<Record<Exclude<BindingName<K>, 'status' | 'range'>, Operand>> & {
    readonly status?: Operand;
    readonly range?: Operand;
  };
  /** All bindings of one access in one buffer, or every binding in its own. Default: one. */
  readonly buffers?: 'one' | 'several';
}

export interface KernelResult<K extends KernelName> {
  /** Elements in logical order, as the binding's type. */
  readonly gpu: Readonly<Record<BindingName<K>, Words>>;
  readonly cpu: Readonly<Record<BindingName<K>, Words>>;
  /** Words of the GPU's tensors with their padding. */
  readonly padded: Readonly<Record<BindingName<K>, Words>>;
  /** Fails the test naming the elements of a tensor in which GPU and twin differ by more than the tolerance. */
  compare(name: BindingName<K>, tolerance: Tolerance): void;
}

/** Runs kernel and twin. Fails the test where a canary, padding or an input has changed. */
export async function runKernel<K extends KernelName>(
  { gpu, cpu }: Engines,
  kernel: K,
  given: KernelRun<K>,
): Promise<KernelResult<K>> {
  const { grid, buffers = 'one' } = given;
  const names = Object.keys(kernelEntry(kernel).bindings) as BindingName<K>[];
  const optional = kernelEntry(kernel).constants.filter((name) => OPTIONAL.test(name));
  const zeros = Object.fromEntries(optional.map((name) => [name, 0]));
  const constants = { ...zeros, ...given.constants } as unknown as Constants<K>;
  const operands = { status: ALL_PRESENT, range: absent, ...given.operands } as Readonly<Record<BindingName<K>, Operand>>;
  const { ranges, plan } = planOf(kernel, constants, grid, operands, buffers);
  const run = async (engine: Engine, onGpu: boolean) => {
    const session = await engine.load(plan);
    const before = names.map((name) => contents(operands[name], ranges[name].words, onGpu));
    names.forEach((name, i) => {
      session.write(ranges[name], before[i]);
    });
    await session.run('iteration', 1);
    const after = await session.read(names.map((name) => ranges[name]));
    session.destroy();
    const damage = names.flatMap((name, i) => damaged(name, operands[name], before[i], after[i]));
    expect(damage, `${onGpu ? kernel : `the twin of ${kernel}`} wrote where it must not`).toEqual([]);
    return after;
  };
  const [device, twin] = [await run(gpu, true), await run(cpu, false)];
  const typed = (name: BindingName<K>, words: Uint32Array): Words =>
    kernelEntry(kernel).bindings[name].type === 'f32' ? new Float32Array(words.slice().buffer) : words.slice();
  const logical = (name: BindingName<K>, words: Uint32Array) =>
    typed(
      name,
      Uint32Array.from(positions(operands[name].layout), (at) => words[at]),
    );
  const collect = (of: (name: BindingName<K>, i: number) => Words) =>
    Object.fromEntries(names.map((name, i) => [name, of(name, i)])) as Record<BindingName<K>, Words>;
  const result = { gpu: collect((name, i) => logical(name, device[i])), cpu: collect((name, i) => logical(name, twin[i])) };
  return {
    ...result,
    padded: collect((name, i) => typed(name, device[i].slice(0, operands[name].layout.words))),
    compare(name, tolerance) {
      const counts = operands[name].layout.dims.map(([count]) => count);
      const found = differences(name, counts, result.gpu[name], result.cpu[name], tolerance);
      expect(found, `${kernel}: ${name}`).toEqual([]);
    },
  };
}

/** A plan of this one step. */
function planOf<K extends KernelName>(
  kernel: K,
  constants: Constants<K>,
  invocations: readonly [number, number, number],
  operands: Readonly<Record<BindingName<K>, Operand>>,
  layout: 'one' | 'several',
) {
  const buffers: { name: string; words: number }[] = [];
  const ranges = {} as Record<BindingName<K>, Range>;
  for (const [name, { access }] of Object.entries(kernelEntry(kernel).bindings)) {
    const key = layout === 'one' ? access : name;
    let buffer = buffers.findIndex((other) => other.name === key);
    if (buffer < 0) buffer = buffers.push({ name: key, words: 0 }) - 1;
    const offset = buffers[buffer].words;
    const words = four(operands[name as BindingName<K>].layout.words) + CANARIES;
    ranges[name as BindingName<K>] = { buffer, offset, words };
    buffers[buffer].words = ceilTo(offset + words, 64);
  }
  const step = { kernel, label: kernel, constants, bindings: ranges, invocations } as unknown as AnyStep;
  return { ranges, plan: planOfSteps([step], buffers) };
}

/** A plan of nothing but these steps. */
export function planOfSteps(steps: readonly AnyStep[], buffers: readonly PlanBuffer[]): Plan {
  const summary = {
    replicas: 1,
    parameters: 0,
    bytes: 0,
    dispatchesPerIteration: steps.length,
    flopPerIteration: 0,
    gradientLayers: [],
    unitLayers: [],
    recurrentLayers: [],
    isAll: false,
    isHalf: false,
    hasHistograms: false,
    weightLayers: [],
    measured: [],
  };
  const ring = { ring: 1, layerSlots: 1, layerWords: 0, layersEvery: 1 } as const;
  const shape = { replicas: 1, groups: [], batchSize: 1, loss: 'mse', ...ring } as const;
  return { ...shape, summary, buffers, tensors: new Map(), contents: new Map(), iteration: steps, evaluation: [] };
}

/** Words of a bound range before the run. Twins rely on zero padding, which a plan's buffers have from the start. */
export function contents({ layout, values, clearsPadding }: Operand, words: number, onGpu: boolean): Uint32Array {
  const out = new Uint32Array(words).fill(CANARY, layout.words);
  if (clearsPadding && onGpu) out.fill(GARBAGE, 0, layout.words);
  const bits = values instanceof Uint32Array ? values : values && new Uint32Array(Float32Array.from(values).buffer);
  positions(layout).forEach((at, i) => {
    out[at] = bits ? bits[i] : GARBAGE;
  });
  return out;
}

/** What changed although it must not: canaries, padding, inputs. */
export function damaged(name: string, operand: Operand, before: Uint32Array, after: Uint32Array): string[] {
  const elements = new Set(positions(operand.layout));
  const problems: string[] = [];
  for (let at = 0; at < after.length && problems.length < 5; at++) {
    if (elements.has(at) && operand.written) continue;
    const inside = at < operand.layout.words;
    const expected = inside && operand.clearsPadding ? 0 : before[at];
    const part = elements.has(at) ? 'input' : inside ? 'padding' : 'canary';
    // -0 is a zero too.
    if (inside && expected === 0 && after[at] === 0x80000000) continue;
    if (after[at] !== expected) problems.push(`${name}, ${part} at word ${at}: ${after[at]}, must be ${expected}`);
  }
  return problems;
}

/** n numbers from N(0, std²); `stream` tells one tensor from another. */
export function random(stream: number, n: number, std = 1): Float32Array {
  return normals(0x5eed, PURPOSE.noise, stream, n, std);
}

/** `linear_forward matches its twin (R=1, B=2)`. */
export function title(kernel: KernelName, shape: Readonly<Record<string, number | string | boolean>>): string {
  const list = Object.entries(shape).map(([name, value]) => `${name}=${value}`);
  return `${kernel} matches its twin (${list.join(', ')})`;
}
