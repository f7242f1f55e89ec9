/** The probe of hidden layers: which outputs are looked at, and its steps. */
import type { Activation } from '../model/schema.ts';
import { unitLayersOf } from '../model/units.ts';
import { type Builder, step } from './builder.ts';
import type { AnyStep, Range, Tensor } from './plan.ts';

/** What counts as blocked, the constant MODE. */
export const UNIT_MODE = { none: 0, dead: 1, tanh: 2, sigmoid: 3 } as const;

/** Activations that can die or saturate; the others always pass some gradient on. */
const MODES: Partial<Record<Activation, number>> = {
  relu: UNIT_MODE.dead,
  tanh: UNIT_MODE.tanh,
  sigmoid: UNIT_MODE.sigmoid,
};

interface Probed {
  readonly h: Tensor;
  readonly features: number;
  readonly mode: number;
  /** Replicas that have the layer: a prefix. */
  readonly count: number;
}

/** One step for consecutive layers of one shape at one stride: mostly one for all. */
export function unitSteps(builder: Builder, every: number): AnyStep[] {
  const { placement } = builder;
  const layers = unitLayersOf(placement.deepest).map(
    ({ tensor, features, activation, op }): Probed => ({
      h: builder.tensor(tensor),
      features,
      mode: MODES[activation] ?? UNIT_MODE.none,
      count: placement.ops[op].count,
    }),
  );
  const groups: Probed[][] = [];
  for (const layer of layers) {
    const group = groups.at(-1);
    if (group && continues(group, layer)) group.push(layer);
    else groups.push([layer]);
  }
  let unit = 0;
  return groups.map((group) => {
    unit += group.length;
    return unitStep(builder, group, unit - group.length, every);
  });
}

const gapOf = (a: Probed, b: Probed) => b.h.offset - a.h.offset;

function continues(group: readonly Probed[], next: Probed): boolean {
  const last = group[group.length - 1];
  const same = last.h.buffer === next.h.buffer && last.features === next.features && last.mode === next.mode;
  if (!same || last.count !== next.count || gapOf(last, next) <= 0) return false;
  return group.length === 1 || gapOf(last, next) === gapOf(group[0], group[1]);
}

function unitStep(builder: Builder, group: readonly Probed[], unit: number, every: number): AnyStep {
  const [{ h: first, features, mode, count }, second] = group;
  const last = group[group.length - 1].h;
  const h: Range = { buffer: first.buffer, offset: first.offset, words: last.offset + last.words - first.offset };
  const names = { FIRST_AT: first.name, SECOND_AT: (second?.h ?? first).name, LAST_AT: last.name };
  const bound = builder.ranges.bindRead(4, names);
  const constants = {
    FIRST: 0,
    B: builder.batchSize,
    C: features,
    MODE: mode,
    UNIT: unit,
    EVERY: every,
    H_STRIDE: second ? second.h.offset - first.offset : 0,
    EXTENDED: bound.at.EXTENDED,
    H_AT: bound.at.FIRST_AT,
    RANGE_STRIDE: bound.at.SECOND_AT,
  };
  const label = `units of ${first.name} … ${last.name}`;
  const bindings = {
    h,
    norms: builder.tensor('norms'),
    status: builder.tensor('status'),
    shapes: builder.tensor('shapes'),
    range: bound.range,
  };
  const probe = step('unit_probe', label, constants, bindings, [64, count, group.length]);
  return { ...probe, replicas: { first: 0, count } };
}
