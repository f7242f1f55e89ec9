/** Runs a kernel in both ranges: on float32 tensors, and on the same tensors with an exponent for each replica. */
import { expect } from 'vitest';
import { peakOf } from '../../src/engine/cpu/range.ts';
import type { BindingName, ConstantName, Constants, KernelName } from '../../src/plan/kernels.ts';
import { isClose } from './compare.ts';
import { type Engines, flat, type Layout, type Operand, reads, runKernel, updates, writesPadded } from './run-kernel.ts';
import { FLUSHED } from './tolerance.ts';

type PlaceName<K extends KernelName> = Extract<ConstantName<K>, `${string}_AT`>;

interface Input<K extends KernelName> {
  readonly at: PlaceName<K>;
  readonly layout: Layout;
  readonly stored: Float32Array;
  readonly exponents: readonly number[];
}

export interface ExtendedRun<K extends KernelName> {
  readonly constants: Readonly<Partial<Constants<K>>>;
  readonly grid: readonly [number, number, number];
  readonly replicas: number;
  /** Tensors with an exponent that the kernel reads: stored numbers, replica by replica, and each replica's exponent. */
  readonly inputs: Readonly<Record<string, Input<K>>>;
  /** Tensors that it writes, with the constant of their entry; of some not every number has its exponent. */
  readonly outputs: Readonly<
    Record<
      string,
      { at: PlaceName<K>; layout: Layout; padded?: boolean; hasPeak?: boolean; hasExponent?: (n: number) => boolean }
    >
  >;
  /** Constants of entries that are another's. */
  readonly shared?: Readonly<Record<string, PlaceName<K>>>;
  /** All other bindings. */
  readonly operands: Readonly<Record<string, Operand>>;
}

/** What a kernel wrote: stored numbers by tensor, and each replica's exponent. */
interface Written {
  readonly stored: Readonly<Record<string, Float32Array>>;
  readonly exponents: Readonly<Record<string, readonly number[]>>;
}

/** Runs it with exponents. Fails where an exponent of the engine's is not the twin's, or a peak not that of the numbers written. */
export async function runExtended<K extends KernelName>(
  engines: Engines,
  kernel: K,
  run: ExtendedRun<K>,
): Promise<{ gpu: Written; cpu: Written }> {
  const { replicas: R, inputs, outputs } = run;
  const places = [...new Set([...Object.values(inputs), ...Object.values(outputs)].map(({ at }) => at))];
  const range = new Uint32Array(2 * R * places.length);
  const scaled = Object.entries(inputs).map(([name, { at, layout, stored, exponents }]) => {
    const each = stored.length / R;
    exponents.forEach((e, r) => {
      const entry = 2 * (R * places.indexOf(at) + r);
      range.set([e, peakOf(stored.subarray(r * each, (r + 1) * each))], entry);
    });
    return [name, reads(layout, stored)] as const;
  });
  const placed = places.map((at, k) => [at as string, 2 * R * k] as const);
  for (const [name, at] of Object.entries(run.shared ?? {})) placed.push([name, 2 * R * places.indexOf(at)]);
  const constants = { ...run.constants, EXTENDED: 1, ...Object.fromEntries(placed) };
  const operands = {
    ...run.operands,
    ...Object.fromEntries(scaled),
    ...Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, writtenTo(output)])),
    range: updates(flat(range.length), range),
  };
  const untyped = { constants, grid: run.grid, operands } as unknown as Parameters<typeof runKernel<K>>[2];
  const result = await runKernel(engines, kernel, untyped);
  const [gpu, cpu] = [result.gpu, result.cpu].map((side) => {
    const all = side as Readonly<Record<string, Float32Array | Uint32Array>>;
    const entries = all.range as Uint32Array;
    const exponentsOf = (at: PlaceName<K>) => Array.from({ length: R }, (_, r) => entries[2 * (R * places.indexOf(at) + r)] | 0);
    for (const [name, { at, hasPeak = true }] of Object.entries(outputs)) {
      if (!hasPeak) continue;
      const stored = all[name] as Float32Array;
      const each = stored.length / R;
      const peaks = Array.from({ length: R }, (_, r) => entries[2 * (R * places.indexOf(at) + r) + 1]);
      const expected = peaks.map((_, r) => peakOf(stored.subarray(r * each, (r + 1) * each)));
      expect(peaks, `peaks of ${name}`).toEqual(expected);
    }
    return {
      stored: Object.fromEntries(Object.keys(outputs).map((name) => [name, all[name] as Float32Array])),
      exponents: Object.fromEntries(Object.entries(outputs).map(([name, { at }]) => [name, exponentsOf(at)])),
    };
  });
  expect(gpu.exponents).toEqual(cpu.exponents);
  return { gpu, cpu };
}

function writtenTo({ layout, padded = false }: { layout: Layout; padded?: boolean }): Operand {
  return padded ? writesPadded(layout) : { layout, written: true, clearsPadding: false };
}

/** The same on plain float32 tensors, which must be able to hold the numbers. */
export async function runPlain<K extends KernelName>(
  engines: Engines,
  kernel: K,
  run: ExtendedRun<K>,
): Promise<Readonly<Record<BindingName<K>, Float32Array>>> {
  const plain = Object.entries(run.inputs).map(([name, { layout, stored, exponents }]) => {
    const each = stored.length / run.replicas;
    return [
      name,
      reads(
        layout,
        stored.map((x, n) => x * 2 ** exponents[Math.floor(n / each)]),
      ),
    ] as const;
  });
  const operands = {
    ...run.operands,
    ...Object.fromEntries(plain),
    ...Object.fromEntries(Object.entries(run.outputs).map(([name, output]) => [name, writtenTo(output)])),
  };
  const untyped = { constants: run.constants, grid: run.grid, operands } as unknown as Parameters<typeof runKernel<K>>[2];
  return (await runKernel(engines, kernel, untyped)).gpu as Readonly<Record<BindingName<K>, Float32Array>>;
}

/**
 * Every output, brought to exponent 0, has the bits that it has without exponents. Numbers that are subnormal where they are stored,
 * or without exponents, may have been flushed.
 */
export async function expectSameBits<K extends KernelName>(engines: Engines, kernel: K, run: ExtendedRun<K>): Promise<void> {
  const plain = (await runPlain(engines, kernel, run)) as Readonly<Record<string, Float32Array>>;
  const { gpu } = await runExtended(engines, kernel, run);
  for (const [name, { hasExponent }] of Object.entries(run.outputs)) {
    const each = plain[name].length / run.replicas;
    const wrong = [...gpu.stored[name]].flatMap((x, n) => {
      const unit = hasExponent?.(n) === false ? 1 : 2 ** gpu.exponents[name][Math.floor(n / each)];
      const isFlushed = Math.abs(x) < FLUSHED || Math.abs(plain[name][n]) < FLUSHED;
      const isRight = isClose(x * unit, plain[name][n], isFlushed ? FLUSHED * (unit + 1) : 0);
      return isRight ? [] : [`${name}[${n}] = ${x * unit}, without exponents ${plain[name][n]}`];
    });
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(plain[name].filter((x) => Math.abs(x) >= FLUSHED).length).toBeGreaterThan(plain[name].length / 4);
  }
}
