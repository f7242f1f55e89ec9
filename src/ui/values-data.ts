/** Every chart's values at the crosshair: a row for each run, and as text to take along. */
import { curvesOf, mapCurve } from './layer-parts.ts';
import { LAYER_QUANTITY } from './layer-quantity.ts';
import { profileValue } from './profile.ts';
import { heldOut, latestIteration, recordAt, valueAt } from './readouts.ts';
import { RUN_QUANTITIES, RUN_QUANTITY } from './run-quantity.ts';
import { runName } from './runs.ts';
import { settingsLines } from './settings-lines.ts';
import type { LabState } from './state.ts';

interface Values {
  readonly iteration: number;
  readonly heads: readonly string[];
  /** A row for each run. */
  readonly rows: readonly (readonly string[])[];
}

/** Every chart's values at the crosshair, or at the latest iteration; the quantity of the layers at its first, middle and last place. */
export function valuesAt({ traces = [], experiments, hover, quantity, looks }: LabState): Values {
  const iteration = hover ?? latestIteration(traces);
  const layers = LAYER_QUANTITY[quantity].label;
  return {
    iteration,
    heads: [
      'Loss',
      ...RUN_QUANTITIES.map((id) => RUN_QUANTITY[id].label),
      'Accuracy',
      'Held out',
      `${layers}, first`,
      `${layers}, middle`,
      `${layers}, last`,
    ],
    rows: traces.map((trace, r) => {
      const value = (id: Parameters<typeof valueAt>[1]) => valueAt(trace, id, iteration, experiments[r]);
      const record = recordAt(trace, iteration);
      const curve = mapCurve(curvesOf(quantity, trace, experiments[r], looks.part), looks.gate);
      const at = (place: number) => (curve && curve.count > 0 ? profileValue(record, quantity, curve.first + place) : '–');
      const last = (curve?.count ?? 1) - 1;
      const places = [at(0), at(last >> 1), at(last)];
      return [value('loss'), ...RUN_QUANTITIES.map(value), value('accuracy'), heldOut(trace, iteration), ...places];
    }),
  };
}

/** Tab-separated, as spreadsheets take it; then what the runs are and where this can be seen again. */
export function valuesText(lab: LabState, address: string): string {
  const { iteration, heads, rows } = valuesAt(lab);
  const lines = rows.map((row, r) => [runName(r), ...row].join('\t'));
  return [`iteration ${iteration}`, ['run', ...heads].join('\t'), ...lines, ...settingsLines(lab), address].join('\n');
}
