/** Runs several dispatches one after another, as a plan does, on tensors that they share. */
import { expect } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { type BindingName, type Constants, type KernelName, kernelEntry } from '../../src/plan/kernels.ts';
import { type AnyStep, ceilTo, type Range } from '../../src/plan/plan.ts';
import { CANARIES, contents, damaged, type Operand, planOfSteps, positions } from './run-kernel.ts';

/** A dispatch whose bindings are the tensors of the same names. */
export type Dispatch = {
  readonly [K in KernelName]: {
    readonly kernel: K;
    readonly constants: Constants<K>;
    readonly grid: readonly [number, number, number];
    /** Tensors of bindings that have another name. */
    readonly named?: Partial<Readonly<Record<BindingName<K>, string>>>;
  };
}[KernelName];

/** @returns the words of every tensor, in logical order; fails the test where a canary, padding or an input has changed */
export async function runSteps(
  engine: Engine,
  operands: Readonly<Record<string, Operand>>,
  dispatches: readonly Dispatch[],
): Promise<Record<string, Uint32Array>> {
  const names = Object.keys(operands);
  // A buffer each: a dispatch may read a tensor that another one writes.
  const words = names.map((name) => ceilTo(operands[name].layout.words, 4) + CANARIES);
  const buffers = names.map((name, i) => ({ name, words: ceilTo(words[i], 64) }));
  const ranges = Object.fromEntries(
    names.map((name, buffer): [string, Range] => [name, { buffer, offset: 0, words: words[buffer] }]),
  );
  const steps = dispatches.map(({ kernel, constants, grid, named = {} }) => {
    const bound = Object.keys(kernelEntry(kernel).bindings).map((binding) => {
      return [binding, ranges[(named as Readonly<Record<string, string>>)[binding] ?? binding]];
    });
    return { kernel, label: kernel, constants, bindings: Object.fromEntries(bound), invocations: grid } as unknown as AnyStep;
  });
  const session = await engine.load(planOfSteps(steps, buffers));
  const before = names.map((name, i) => contents(operands[name], words[i], true));
  names.forEach((name, i) => {
    session.write(ranges[name], before[i]);
  });
  await session.run('iteration', 1);
  const after = await session.read(names.map((name) => ranges[name]));
  session.destroy();
  const damage = names.flatMap((name, i) => damaged(name, operands[name], before[i], after[i]));
  expect(damage, 'the steps wrote where they must not').toEqual([]);
  return Object.fromEntries(
    names.map((name, i) => [name, Uint32Array.from(positions(operands[name].layout), (at) => after[i][at])]),
  );
}
