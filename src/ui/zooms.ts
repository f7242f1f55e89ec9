/** Zooms of the charts over the iterations: a stack, of which the latest is in view. */
import type { Range } from './state.ts';
import type { IterationScale } from './ticks.ts';

type Zooms = readonly Range[];

/** @param continues whether it goes on with the latest zoom, whose place it takes */
export function zoomedTo(zooms: Zooms, range: Range, continues = false): Zooms {
  return [...(continues ? zooms.slice(0, -1) : zooms), range];
}

export function zoomedBack(zooms: Zooms, all: boolean): Zooms {
  return all ? [] : zooms.slice(0, -1);
}

/** Whole iterations between two positions on the x axis, from 0 on and at least one apart. */
export function iterationsBetween(scale: IterationScale, [from, to]: readonly [number, number]): Range {
  const first = Math.max(0, Math.floor(scale.iteration(from)));
  return [first, Math.max(first + 1, Math.ceil(scale.iteration(to)))];
}
