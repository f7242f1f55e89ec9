/** What a chart draws: plain data between the runs and the plotting library. */
import type { Cell } from '../metrics/trace-tables.ts';

/** null parts a line, undefined is merely not sampled there. */
export type Sample = number | null | undefined;

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface SeriesStyle {
  readonly label: string;
  /** Custom property, `--run-a`. */
  readonly color: string;
  /** 0 for the edge of a band. */
  readonly width: number;
  readonly alpha?: number;
  readonly dash?: readonly number[];
  /** Every sample gets a dot; else only those that stand alone. */
  readonly dots?: boolean;
  /** No line between the dots. */
  readonly dotsOnly?: boolean;
  /** Letter at the series' last sample, so that colour is not the only key. */
  readonly tag?: string;
  readonly tagAtStart?: boolean;
}

/** A triangle pinned to the frame's edge: a value that no axis can show. */
export interface EdgeMark {
  readonly x: number;
  readonly series: number;
  /** NaN and ∞ hang from the top, an exact zero on a log axis stands at the bottom. */
  readonly edge: 'top' | 'bottom';
  readonly label: string;
}

/** A moment, drawn as a vertical line: a change made in mid-run. */
export interface Moment {
  readonly x: number;
  readonly label: string;
}

/** A level, drawn as a dashed horizontal line. */
export interface Level {
  readonly y: number;
  readonly label: string;
  readonly color: string;
  /** Whether it goes without its label where another level's is in the way. */
  readonly givesWay?: boolean;
}

/** The area between two series, by index. */
export interface Band {
  readonly low: number;
  readonly high: number;
}

export interface Frame {
  readonly styles: readonly SeriesStyle[];
  /** Fixed for the life of a plot, as is the number of series. */
  readonly bands?: readonly Band[];
  /** Ascending positions. */
  readonly xs: readonly number[];
  /** (series, positions). */
  readonly columns: readonly (readonly Sample[])[];
  readonly marks: readonly EdgeMark[];
  readonly moments: readonly Moment[];
  readonly levels: readonly Level[];
  readonly xRange: readonly [number, number];
  readonly yRange: readonly [number, number];
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
}

export interface Table {
  readonly columns: readonly string[];
  /** Texts in a table that is read, numbers as they are in one that is saved. */
  readonly rows: readonly (readonly Cell[])[];
}
