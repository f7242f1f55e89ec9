/** Where letters and labels stand, so that none covers another and none leaves the picture: the same on the page and in a saved one. */
import type { Level } from '../frame.ts';

/** Letters nearer than this, in CSS pixels, cover each other. */
const TAG_HEIGHT = 11;
/** Where a letter goes that would cover another, in rows. */
const TAG_SHIFTS = [0, 1, -1, 2, -2, 3, -3];
/** Labels of levels nearer than this, in CSS pixels, cover each other. */
const LEVEL_HEIGHT = 11;

/** The start of a text's baseline. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** The letters of a chart's series, in pixels of which `scale` are one of CSS. */
export class Tags {
  readonly #taken: Place[] = [];

  /** @param area in which baselines stand, from `top` to `bottom`, and which no letter leaves at the right */
  constructor(
    readonly area: { readonly top: number; readonly bottom: number; readonly right: number },
    readonly scale = 1,
  ) {}

  /** The free place that is nearest to a letter's sample. */
  place(sample: Place, isAtStart: boolean, width: number): Place {
    const { area, scale } = this;
    const x = Math.min(sample.x + 5 * scale, area.right - width);
    const y = sample.y + (isAtStart ? -6 : 4) * scale;
    const places = TAG_SHIFTS.map((rows) => ({
      x,
      y: Math.max(area.top, Math.min(area.bottom, y + rows * TAG_HEIGHT * scale)),
    }));
    const covers = (place: Place) => (other: Place) =>
      Math.abs(other.y - place.y) < TAG_HEIGHT * scale - 1 && Math.abs(other.x - x) < width;
    const found = places.find((place) => !this.#taken.some(covers(place))) ?? places[0];
    this.#taken.push(found);
    return found;
  }
}

/** Levels at their heights, and which of them have room for their labels. */
export function placeLevels(
  levels: readonly Level[],
  heightOf: (y: number) => number,
  scale = 1,
): readonly (Level & { readonly at: number; readonly isLabelled: boolean })[] {
  const labelled: number[] = [];
  return levels.map((level) => {
    const at = heightOf(level.y);
    const isLabelled = !(level.givesWay && labelled.some((other) => Math.abs(other - at) < LEVEL_HEIGHT * scale));
    if (isLabelled) labelled.push(at);
    return { ...level, at, isLabelled };
  });
}
