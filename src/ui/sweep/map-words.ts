/** What a map says in words and numbers: its cells, a summary for those who cannot see it, its data table. */
import { formatCount } from '../../metrics/format.ts';
import { VERDICT_KINDS } from '../../metrics/verdict.ts';
import type { Table } from '../frame.ts';
import { axisName, valueCell, valueWord } from './axis-values.ts';
import { CELL, type Domain, type MapQuery, type RunMap, type RunTable } from './map-data.ts';
import { goodIsBright } from './map-paint.ts';
import type { Outcome } from './outcomes.ts';
import type { Cursor } from './state.ts';

export function cellIndex({ columns, rows }: RunMap, { panel, x, y }: Cursor): number {
  return (panel * rows + y) * columns + x;
}

/** What a cell's outcome is, in a word or a number. */
export function cellValue(map: RunMap, cell: number, { outcome }: MapQuery): string {
  switch (map.kind[cell]) {
    case CELL.absent:
      return 'no run';
    case CELL.pending:
      return 'not finished';
    case CELL.broken:
      return 'not finite';
    case CELL.none:
      return outcome.ofBroken ? 'stayed finite' : 'does not apply';
    default:
      return outcome.format(map.value[cell]);
  }
}

/** What the colours mean: `Final loss, 0.10 (bright) to 2.30 (dark)`. */
export function scaleWords(outcome: Outcome, { low, high }: Domain): string {
  if (outcome.scale === 'verdict') return outcome.label;
  const [least, most] = goodIsBright(outcome) ? ['bright', 'dark'] : ['dark', 'bright'];
  return `${outcome.label}, ${outcome.format(low)} (${least}) to ${outcome.format(high)} (${most})`;
}

/** Where a cell lies: `depth 64, learning rate 0.03`. */
export function cellPlace({ axes }: RunTable, { x, y, facet }: MapQuery, cursor: Cursor): string {
  const paths = axes.map(({ path }) => path);
  const part = (axis: number | undefined, index: number) =>
    axis === undefined ? [] : [`${axisName(axes[axis].path, paths)} ${valueWord(axes[axis].values[index])}`];
  return [...part(x, cursor.x), ...part(y, cursor.y), ...part(facet, cursor.panel)].join(', ');
}

/** What is not on the map's axes, in words: `median over 3 seeds, clip none`. */
export function restWords({ axes }: RunTable, { x, y, facet, fixed, outcome }: MapQuery): string {
  const paths = axes.map(({ path }) => path);
  const rest = axes.flatMap(({ path, values }, axis) => {
    if (axis === x || axis === y || axis === facet) return [];
    const index = fixed.get(axis);
    const name = axisName(path, paths);
    return [
      index === undefined
        ? `${outcome.scale === 'verdict' ? 'most frequent' : 'median'} over ${values.length} ${plural(name, values.length)}`
        : `${name} ${valueWord(values[index])}`,
    ];
  });
  return rest.join(', ');
}

function plural(name: string, count: number): string {
  return count === 1 || name.endsWith('s') ? name : `${name}s`;
}

export function summarizeMap(table: RunTable, query: MapQuery, map: RunMap): string {
  const { outcome } = query;
  const count = (kind: number) => map.kind.reduce((sum, k) => sum + Number(k === kind), 0);
  const cells = map.kind.length - count(CELL.absent);
  const done = cells - count(CELL.pending);
  const some = map.broken.reduce((sum, broken) => sum + Number(broken > 0), 0);
  const rest = restWords(table, query);
  const head = `${outcome.label}${rest ? `, ${rest}` : ''}: ${formatCount(done)} of ${formatCount(cells)} cells have a result, ${formatCount(some)} hold a run that is not finite.`;
  if (outcome.scale === 'verdict') {
    const counts = VERDICT_KINDS.map((kind, code) => [kind, map.value.reduce((sum, v) => sum + Number(v === code), 0)] as const);
    const words = counts.filter(([, n]) => n > 0).map(([kind, n]) => `${kind} ${formatCount(n)}`);
    return words.length > 0 ? `${head} Cells by verdict: ${words.join(', ')}.` : head;
  }
  if (map.low > map.high) return head;
  const place = (value: number) => {
    const cell = map.value.indexOf(value);
    const x = cell % map.columns;
    const y = Math.floor(cell / map.columns) % map.rows;
    return cellPlace(table, query, { x, y, panel: Math.floor(cell / map.columns / map.rows) });
  };
  return `${head} Lowest ${outcome.format(map.low)} at ${place(map.low)}; highest ${outcome.format(map.high)} at ${place(map.high)}.`;
}

/** A row per value of y and panel, a column per value of x. */
export function mapCells({ axes }: RunTable, query: MapQuery, map: RunMap): Table {
  const { x, y, facet } = query;
  const heads = [facet, y].filter((axis) => axis !== undefined).map((axis) => axisName(axes[axis].path));
  const rows: string[][] = [];
  for (let panel = 0; panel < map.panels; panel++) {
    for (let row = 0; row < map.rows; row++) {
      const own = [
        ...(facet === undefined ? [] : [valueWord(axes[facet].values[panel])]),
        ...(y === undefined ? [] : [valueWord(axes[y].values[row])]),
      ];
      const cells = Array.from({ length: map.columns }, (_, k) =>
        cellValue(map, (panel * map.rows + row) * map.columns + k, query),
      );
      rows.push([...own, ...cells]);
    }
  }
  const name = axisName(axes[x].path);
  return {
    columns: [...heads, ...axes[x].values.map((value, k) => (k === 0 ? `${name} ${valueWord(value)}` : valueWord(value)))],
    rows,
  };
}

/** A row for each cell, number for number: of what lies on a log scale log10. */
export function cellData(table: RunTable, query: MapQuery, map: RunMap): Table {
  const { axes } = table;
  const { x, y, facet, outcome } = query;
  const own = [facet, y, x].filter((axis) => axis !== undefined);
  const value = `${outcome.scale === 'log' ? 'log10 ' : ''}${outcome.label.toLowerCase()}`;
  const rows = Array.from(map.kind, (kind, cell) => {
    const column = cell % map.columns;
    const row = Math.floor(cell / map.columns) % map.rows;
    const panel = Math.floor(cell / map.columns / map.rows);
    const places = own.map((axis) => valueCell(axes[axis].values[axis === x ? column : axis === y ? row : panel]));
    const shown = kind !== CELL.value ? null : outcome.scale === 'verdict' ? VERDICT_KINDS[map.value[cell]] : map.value[cell];
    const state = kind === CELL.value ? 'a value' : cellValue(map, cell, query);
    return [...places, shown, state, map.runs[cell], map.finished[cell], map.broken[cell]];
  });
  return { columns: [...own.map((axis) => axes[axis].path), value, 'state', 'runs', 'finished', 'not finite'], rows };
}
