/** The update rules in WebAssembly give the bits of their twins. */
import { expect, test } from 'vitest';
import { CLIP_RULE, CONTROL_WORDS, HYPER_WORDS, STATUS_WORDS } from '../../../src/plan/records.ts';
import { wrongPairs } from '../../support/compare.ts';
import { type ControlFields, controlOf, type HyperFields, hyperOf, statusOf } from '../../support/records.ts';
import { flat, random, reads, runKernel, twinEngine, updates, wasmEngine, writes } from '../../support/run-kernel.ts';

const engines = { gpu: wasmEngine(), cpu: twinEngine() };
const CELL = 16;

const APPLIED: ControlFields = { active: 1, apply: 1, scale: 0.37, power: 1, correction1: 0.19, correction2: 0.002 };
/** A plain step, every other term, clipping by value, clipping by a power of two besides, no update at all, decoupled decay. */
const REPLICAS: readonly { readonly hyper: HyperFields; readonly control: ControlFields; readonly updates: number }[] = [
  { hyper: { learning_rate: 0.1, beta1: 0.9, beta2: 0.999, alpha: 0.99, epsilon: 1e-8 }, control: APPLIED, updates: 3 },
  {
    hyper: { ...rates(), momentum: 0.9, dampening: 0.3, nesterov: 1, weight_decay: 0.07, centered: 1 },
    control: APPLIED,
    updates: 2,
  },
  { hyper: { ...rates(), momentum: 0.8, clip_rule: CLIP_RULE.value, clip_max: 0.4 }, control: APPLIED, updates: 0 },
  { hyper: { ...rates(), clip_rule: CLIP_RULE.torch_norm }, control: { ...APPLIED, power: 2 ** -70 }, updates: 1 },
  { hyper: rates(), control: { ...APPLIED, apply: 0 }, updates: 1 },
  { hyper: { ...rates(), momentum: 0.9, weight_decay: 0.5, decoupled: 1 }, control: APPLIED, updates: 2 },
];

function rates(): HyperFields {
  const beta = { beta1: 0.85, one_minus_beta1: 0.15, beta2: 0.99, one_minus_beta2: 0.01, alpha: 0.9, one_minus_alpha: 0.1 };
  return { learning_rate: 0.03, epsilon: 1e-6, ...beta };
}

/** Numbers that are not finite, zeros of either sign and subnormals at the start of the last but one replica. */
function withOddities(values: Float32Array, first: number): Float32Array {
  values.set([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 1e-40, 3e38], first);
  return values;
}

async function update(kernel: 'sgd_update' | 'adam_update' | 'rmsprop_update', cells: number) {
  const n = cells * CELL;
  const R = REPLICAS.length;
  // Two tensors: each replica has a run of cells in either.
  const owner = Uint32Array.from({ length: cells }, (_, k) => Math.floor((2 * k * R) / cells) % R);
  const third = CELL * owner.indexOf(3);
  const W = random(1, n);
  const dW = withOddities(random(2, n), Math.max(third, 0));
  const operands = {
    W: updates(flat(cells, CELL), W),
    dW: reads(flat(cells, CELL), dW),
    owner: reads(flat(cells), owner),
    control: reads(
      flat(R, CONTROL_WORDS),
      controlOf(REPLICAS.map(({ hyper, control }) => ({ ...control, learning_rate: hyper.learning_rate ?? 0 }))),
    ),
    hyper: reads(flat(R, HYPER_WORDS), hyperOf(REPLICAS.map(({ hyper }) => hyper))),
    partial: writes(flat(2 * cells, 2)),
    // Positive where it is a second moment; a variance may still come out negative: NaN on both sides.
    state: updates(flat(3, n), random(3, 3 * n).map(Math.abs)),
  };
  const grid = [cells, 1, 1] as const;
  const status = reads(flat(R, STATUS_WORDS), statusOf(REPLICAS.map((replica) => ({ updates: replica.updates }))));
  const common = { grid, constants: { CELLS: cells } };
  if (kernel === 'sgd_update')
    return { W, ...(await runKernel(engines, kernel, { ...common, operands: { ...operands, status } })) };
  return { W, ...(await runKernel(engines, kernel, { ...common, operands })) };
}

// Around the block of 32 cells whose changes are kept together, with runs of one cell and of more than a block.
for (const kernel of ['sgd_update', 'adam_update', 'rmsprop_update'] as const) {
  test.each([1, 10, 31, 32, 33, 65, 700])(`${kernel}: %i cells`, async (cells) => {
    const { W, gpu, cpu, compare } = await update(kernel, cells);
    compare('W', 0);
    compare('state', 0);
    if (cells > 1) expect(gpu.W).not.toEqual(W);
    const change = Float32Array.from(gpu.W, (w, i) => w - W[i]);
    const cellsOf = (values: Float32Array) => Array.from({ length: cells }, (_, k) => values.slice(CELL * k, CELL * (k + 1)));
    expect(wrongPairs('partial', gpu.partial, [...cellsOf(gpu.W as Float32Array), ...cellsOf(change)], 1)).toEqual([]);
    expect(wrongPairs('partial', cpu.partial, [...cellsOf(gpu.W as Float32Array), ...cellsOf(change)], 1)).toEqual([]);
  });
}
