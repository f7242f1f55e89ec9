/** What a sweep is, and one of its runs, in a few lines: for pictures of their charts. */
import type { Experiment } from '../../model/schema.ts';
import { settingsWords } from '../settings-lines.ts';
import { valueWord } from './axis-values.ts';
import type { Json } from './document.ts';
import type { OpenSweep } from './state.ts';

/** Values of an axis that are spelt out. */
const MOST_VALUES = 8;

const titleOf = ({ title }: Json) => (typeof title === 'string' && title !== '' ? title : 'Sweep');
const baseWords = ({ experiment = {} }: Json) => JSON.stringify(experiment);

export function sweepLines({ document, table }: OpenSweep): string[] {
  const axes = table.axes.map(({ path, values }) => {
    const words = values.slice(0, MOST_VALUES).map(valueWord).join(', ');
    return `${path}: ${words}${values.length > MOST_VALUES ? `, … (${values.length} values)` : ''}`;
  });
  return [`${titleOf(document)}, ${table.points.length} runs`, ...axes, baseWords(document)];
}

/** @param experiment the run's; undefined where the description does not lead to it, and stands in its place */
export function runLines({ document, table }: OpenSweep, id: string, experiment: Experiment | undefined): string[] {
  const { values = [] } = table.points[table.pointOf.get(id) ?? -1] ?? {};
  const place = table.axes.map(({ path }, axis) => `${path} ${valueWord(values[axis])}`);
  return [`${titleOf(document)}, run ${id}: ${place.join(', ')}`, experiment ? settingsWords(experiment) : baseWords(document)];
}
