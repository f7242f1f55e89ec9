/** What a sweep is, in a few lines: for pictures of its maps. */
import { valueWord } from './axis-values.ts';
import type { OpenSweep } from './state.ts';

/** Values of an axis that are spelt out. */
const MOST_VALUES = 8;

export function sweepLines({ document, table }: OpenSweep): string[] {
  const { title, experiment } = document as { readonly title?: unknown; readonly experiment?: unknown };
  const axes = table.axes.map(({ path, values }) => {
    const words = values.slice(0, MOST_VALUES).map(valueWord).join(', ');
    return `${path}: ${words}${values.length > MOST_VALUES ? `, … (${values.length} values)` : ''}`;
  });
  return [
    `${typeof title === 'string' && title !== '' ? title : 'Sweep'}, ${table.points.length} runs`,
    ...axes,
    JSON.stringify(experiment ?? {}),
  ];
}
