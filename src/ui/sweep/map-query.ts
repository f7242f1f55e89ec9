/** From what a person has chosen to what a map is asked for. */
import type { MapQuery } from './map-data.ts';
import { outcomeOf } from './outcomes.ts';
import type { MapView } from './state.ts';

/** Axes that the map shows are not held, whatever was chosen for them elsewhere. */
export function queryOf({ x, y, facet, fixed, outcome }: MapView): MapQuery {
  const held = fixed.flatMap((index, axis): [number, number][] =>
    index === undefined || axis === x || axis === y || axis === facet ? [] : [[axis, index]],
  );
  return { x, y, facet, fixed: new Map(held), outcome: outcomeOf(outcome) };
}
