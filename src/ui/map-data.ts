/** The layer × iteration map as a grid of columns, one per pixel. */
import { firstIndex } from '../metrics/decimate.ts';
import type { LayerRecord } from '../metrics/trace.ts';
import { borders } from './chart-data.ts';
import { LAYER_QUANTITY, type LayerQuantity, positionOf } from './layer-quantity.ts';
import type { Range } from './state.ts';
import type { IterationScale } from './ticks.ts';

export interface MapGrid {
  readonly columns: number;
  readonly layers: number;
  /** Positions on the colour scale, (columns, layers): the largest of the column's records, NaN where all were non-finite, −Infinity for zero. */
  readonly cells: Float32Array;
  /** Columns that hold a record, and those painted like their left neighbour because records are rarer than pixels. */
  readonly filled: Uint8Array;
  /** Whole decades around the finite values; 0 and 1 for a share, −1 and 1 for means that can be negative. */
  readonly low: number;
  readonly high: number;
}

/** @param offset index of the first layer, or step, in the record's series */
export function mapGrid(
  records: readonly LayerRecord[],
  layers: number,
  scale: IterationScale,
  range: Range,
  columns: number,
  quantity: LayerQuantity = 'gradient',
  offset = 0,
): MapGrid {
  const { scale: kind, values: valuesOf } = LAYER_QUANTITY[quantity];
  const position = positionOf(quantity);
  const cells = new Float32Array(columns * layers).fill(Number.NaN);
  const filled = new Uint8Array(columns);
  const values = borders(scale, range, columns);
  const edges = values.map((x) => firstIndex(records.length, (k) => records[k].iteration >= x));
  // A record counts until the next one, so that rare records leave no holes; the last for as long as the one before it.
  const last = records.at(-1);
  const end = last ? last.iteration + (last.iteration - (records.at(-2)?.iteration ?? last.iteration - 1)) : 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let p = 0; p < columns; p++) {
    let from = edges[p];
    const to = edges[p + 1];
    if (from === to) {
      if (from === 0 || values[p] >= end) continue;
      from--;
    }
    filled[p] = 1;
    for (let k = from; k < Math.max(to, from + 1); k++) {
      const row = valuesOf(records[k]);
      for (let l = 0; l < layers; l++) {
        const value = position(row[offset + l]);
        if (Number.isNaN(value) || value === Number.POSITIVE_INFINITY) continue;
        const at = p * layers + l;
        if (!(cells[at] >= value)) cells[at] = value;
        if (value === Number.NEGATIVE_INFINITY) continue;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
  }
  if (kind === 'share') return { columns, layers, cells, filled, low: 0, high: 1 };
  if (kind === 'mean') return { columns, layers, cells, filled, low: low < 0 ? -1 : 0, high: 1 };
  if (low > high) return { columns, layers, cells, filled, low: -1, high: 1 };
  return { columns, layers, cells, filled, low: Math.floor(low), high: Math.max(Math.floor(low) + 1, Math.ceil(high)) };
}
