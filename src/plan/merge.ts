/** Merges weight-gradient steps of equal layers at equal strides into one dispatch over all of them. */
import { MOST_WORKGROUPS } from './pieces.ts';
import type { AnyStep, Range, Step } from './plan.ts';

type WeightStep = Step<'linear_backward_weight'>;

/** Elements of each binding that one unit of its stride constant counts. */
const STRIDES = {
  x: ['X_STRIDE', 4],
  dz: ['DZ_STRIDE', 4],
  dW: ['DW_STRIDE', 4],
  dbias: ['DBIAS_STRIDE', 4],
  partial: ['PARTIAL_STRIDE', 2],
  partial_bias: ['PARTIAL_BIAS_STRIDE', 2],
} as const;
const NAMES = Object.keys(STRIDES) as (keyof typeof STRIDES)[];

/** @param steps in the order of the layers */
export function mergeLayers(steps: readonly WeightStep[]): AnyStep[] {
  const groups: WeightStep[][] = [];
  for (const step of steps) {
    const group = groups.at(-1);
    if (group && continues(group, step)) group.push(step);
    else groups.push([step]);
  }
  return groups.map(merged);
}

/** Distance in elements from one range to the next, or undefined across buffers or backwards. */
function distance(a: Range, b: Range): number | undefined {
  return a.buffer === b.buffer && b.offset >= a.offset ? b.offset - a.offset : undefined;
}

function continues(group: readonly WeightStep[], next: WeightStep): boolean {
  const last = group[group.length - 1];
  const sameShape = (['R', 'FIRST', 'B', 'I', 'O', 'HAS_BIAS'] as const).every(
    (name) => last.constants[name] === next.constants[name],
  );
  if (!sameShape || (group.length + 1) * next.constants.R > MOST_WORKGROUPS) return false;
  return NAMES.every((name) => {
    const gap = distance(last.bindings[name], next.bindings[name]);
    if (gap === undefined) return false;
    return group.length === 1 || gap === distance(group[0].bindings[name], group[1].bindings[name]);
  });
}

function merged(group: readonly WeightStep[]): AnyStep {
  const [first, second] = group;
  if (!second) return first;
  const gaps = NAMES.map((name) => distance(first.bindings[name], second.bindings[name]) ?? 0);
  const constants = Object.fromEntries(NAMES.map((name, i) => [STRIDES[name][0], gaps[i] / STRIDES[name][1]]));
  const bindings = Object.fromEntries(
    NAMES.map((name, i) => {
      const range = first.bindings[name];
      const last = group[group.length - 1].bindings[name];
      return [name, { ...range, words: (group.length - 1) * gaps[i] + last.words }];
    }),
  );
  const [x, y, z] = first.invocations;
  return {
    ...first,
    label: `${first.label} … ${group[group.length - 1].label}`,
    constants: { ...first.constants, ...constants },
    bindings: { ...first.bindings, ...bindings },
    invocations: [x, y, z * group.length],
  };
}
