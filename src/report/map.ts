/** A map of an outcome over two axes as SVG. */
import { formatCount } from '../metrics/format.ts';
import type { MapAxis, MapCell, OutcomeMap } from '../metrics/outcome-map.ts';
import { VERDICT_KINDS } from '../metrics/verdict.ts';
import { type Markup, markup } from './markup.ts';
import { numberOf, type Scale, scaleOver, viridis, wordOf } from './scales.ts';

const WIDTH = 480;
/** Approximate width of a character at the labels' size of 12. */
const CHARACTER = 6.6;
const LINE = 15;
const LONGEST_LABEL = 16;

/** Colours of Okabe and Ito 2008, told apart by the colour-blind; the letters tell them apart in grey. */
export const VERDICT_COLOURS = ['#009e73', '#d55e00', '#0072b2', '#cc79a7', '#e69f00', '#999999'] as const;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
}

/** @param names of the axes as the reader sees them */
export function mapFigure(map: OutcomeMap, names: { readonly x: string; readonly y: string }): Markup {
  const { x, y, outcome, cells } = map;
  const labels = { x: labelsOf(x), y: labelsOf(y) };
  const longest = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length)) * CHARACTER;
  const left = Math.max(30, longest(labels.y) + 26);
  const cellWidth = (WIDTH - left - 6) / x.bins.length;
  const cellHeight = Math.min(34, Math.max(15, 300 / y.bins.length));
  const frame = { left, top: 4, cellWidth, cellHeight };
  const height = cellHeight * y.bins.length;
  const slanted = longest(labels.x) + 6 > cellWidth * Math.max(1, Math.ceil(x.bins.length / 12));
  const foot = slanted ? longest(labels.x) * 0.71 + 14 : 18;
  const below = frame.top + height + foot;
  const scale = outcome.kind === 'verdict' ? undefined : scaleOver(valuesOf(cells), outcome.scale === 'log' ? 'log' : 'linear');
  const total = below + 24 + (outcome.kind === 'verdict' ? 0 : 44);
  return markup`<figure>
<figcaption>${outcome.label}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${Math.ceil(total)}" role="img" aria-label="${describe(map, names)}">
${cells.map((cell, k) => cellOf(map, labels, names, cell, k, frame, scale))}
${axisLabels(labels, frame, height, slanted)}
<text x="${left + (WIDTH - left) / 2}" y="${below + 14}" text-anchor="middle" class="name">${names.x}</text>
<text transform="translate(12 ${frame.top + height / 2}) rotate(-90)" text-anchor="middle" class="name">${names.y}</text>
${scale && scaleLegend(outcome.key, scale, left, below + 28)}
</svg>
${outcome.kind === 'verdict' ? verdictLegend(cells) : undefined}
</figure>
`;
}

function valuesOf(cells: readonly MapCell[]): number[] {
  return cells.flatMap(({ value }) => (value === null ? [] : [value]));
}

function labelsOf({ bins }: MapAxis): string[] {
  return bins.map(({ value }) => {
    const text = wordOf(value);
    return text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text;
  });
}

/** The map in a sentence, for those who do not see it. */
function describe({ x, y, outcome, cells }: OutcomeMap, names: { readonly x: string; readonly y: string }): string {
  const values = valuesOf(cells);
  const over = `${outcome.label} over ${names.x} and ${names.y}, ${x.bins.length} by ${y.bins.length} cells`;
  const diverged = cells.filter(({ counts }) => counts.diverged > 0).length;
  const broken = `${diverged} cells with diverged runs`;
  if (values.length === 0) return `${over}: no values; ${broken}.`;
  if (outcome.kind === 'verdict') {
    const kinds = VERDICT_KINDS.map((kind, k) => [kind, values.filter((value) => value === k).length] as const);
    const list = kinds.filter(([, n]) => n > 0).map(([kind, n]) => `${n} ${kind}`);
    return `${over}: ${list.join(', ')}; ${broken}.`;
  }
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const at = (value: number) => {
    const k = cells.findIndex((cell) => cell.value === value);
    return `${wordOf(x.bins[k % x.bins.length].value)} and ${wordOf(y.bins[Math.floor(k / x.bins.length)].value)}`;
  };
  return `${over}: from ${numberOf(outcome.key, low)} at ${at(low)} to ${numberOf(outcome.key, high)} at ${at(high)}; ${broken}.`;
}

function cellOf(
  { x, outcome }: OutcomeMap,
  labels: { readonly x: readonly string[]; readonly y: readonly string[] },
  names: { readonly x: string; readonly y: string },
  { counts, summary, value }: MapCell,
  k: number,
  { left, top, cellWidth, cellHeight }: Frame,
  scale: Scale | undefined,
): Markup | undefined {
  if (counts.runs === 0) return undefined;
  const [column, row] = [k % x.bins.length, Math.floor(k / x.bins.length)];
  // The first row is the lowest, as on an axis.
  const rows = labels.y.length;
  const [cx, cy] = [left + column * cellWidth, top + (rows - 1 - row) * cellHeight];
  const [w, h] = [cellWidth - 1, cellHeight - 1];
  const verdict = outcome.kind === 'verdict' && value !== null ? VERDICT_KINDS[value] : undefined;
  const share = scale && value !== null ? scale.shareOf(value) : Number.NaN;
  const colour = verdict ? VERDICT_COLOURS[value ?? 0] : Number.isFinite(share) ? viridis(share) : 'none';
  const found =
    verdict ?? (value !== null ? numberOf(outcome.key, value) : counts.finished > 0 ? 'no finite value' : 'no run has finished');
  const spread =
    summary.finite > 1 && !verdict && summary.lower !== null && summary.upper !== null
      ? `, quartiles ${numberOf(outcome.key, summary.lower)} and ${numberOf(outcome.key, summary.upper)}`
      : '';
  const tooltip = `${names.x} ${labels.x[column]}, ${names.y} ${labels.y[row]}: ${found}${spread}; ${formatCount(counts.finished)} of ${formatCount(counts.runs)} runs, ${formatCount(counts.diverged)} diverged`;
  const letter =
    verdict && w > 9
      ? markup`<text x="${f(cx + w / 2)}" y="${f(cy + h / 2 + 4)}" text-anchor="middle" class="letter">${verdict[0].toUpperCase()}</text>`
      : undefined;
  const strokes = verdict ? undefined : mark(counts.diverged / Math.max(1, counts.finished), cx, cy, w, h);
  return markup`<g><title>${tooltip}</title><rect x="${f(cx)}" y="${f(cy)}" width="${f(w)}" height="${f(h)}" class="cell${counts.finished === 0 ? ' open' : ''}" fill="${colour}"/>${letter}${strokes}</g>
`;
}

const f = (x: number) => Number(x.toFixed(1));

/** A cross where at least half of the runs diverged, one stroke where fewer did. */
function mark(share: number, x: number, y: number, w: number, h: number): Markup | undefined {
  if (share === 0) return undefined;
  const size = Math.min(w, h) * 0.28;
  const [cx, cy] = [x + w / 2, y + h / 2];
  const stroke = `M${f(cx - size)} ${f(cy + size)}L${f(cx + size)} ${f(cy - size)}`;
  const path = share < 0.5 ? stroke : `${stroke}M${f(cx - size)} ${f(cy - size)}L${f(cx + size)} ${f(cy + size)}`;
  return markup`<path d="${path}" class="under"/><path d="${path}" class="over"/>`;
}

function axisLabels(
  labels: { readonly x: readonly string[]; readonly y: readonly string[] },
  { left, top, cellWidth, cellHeight }: Frame,
  height: number,
  slanted: boolean,
): Markup[] {
  const everyX = Math.ceil(LINE / (slanted ? cellWidth : Math.max(cellWidth, LINE)));
  const everyY = Math.ceil(LINE / cellHeight);
  const rows = labels.y.length;
  return [
    ...labels.x.map((label, k) => {
      if (k % everyX > 0) return markup``;
      const [x, y] = [f(left + (k + 0.5) * cellWidth), f(top + height + (slanted ? 10 : 14))];
      return slanted
        ? markup`<text transform="translate(${x + 4} ${y}) rotate(-45)" text-anchor="end">${label}</text>`
        : markup`<text x="${x}" y="${y}" text-anchor="middle">${label}</text>`;
    }),
    ...labels.y.map((label, k) => {
      if (k % everyY > 0) return markup``;
      const y = f(top + (rows - 0.5 - k) * cellHeight + 4);
      return markup`<text x="${f(left - 5)}" y="${y}" text-anchor="end">${label}</text>`;
    }),
  ];
}

const STEPS = 40;

function scaleLegend(key: string, scale: Scale, left: number, top: number): Markup {
  const width = WIDTH - left - 6;
  const steps = Array.from({ length: STEPS }, (_, k) => {
    const x = left + (k * width) / STEPS;
    return markup`<rect x="${f(x)}" y="${top}" width="${f(width / STEPS + 0.5)}" height="9" fill="${viridis((k + 0.5) / STEPS)}"/>`;
  });
  const isOne = scale.low === scale.high;
  const end = (x: number, value: number, anchor: string) =>
    markup`<text x="${f(x)}" y="${top + 24}" text-anchor="${anchor}">${numberOf(key, value)}</text>`;
  const kind = scale.kind === 'log' ? 'logarithmic' : 'linear';
  return markup`${steps}${end(left, scale.low, 'start')}${isOne ? undefined : end(left + width, scale.high, 'end')}<text x="${f(left + width / 2)}" y="${top + 24}" text-anchor="middle" class="quiet">${kind}</text>`;
}

function verdictLegend(cells: readonly MapCell[]): Markup {
  const present = VERDICT_KINDS.flatMap((kind, k) => (cells.some(({ value }) => value === k) ? [{ kind, k }] : []));
  const entries = present.map(
    ({ kind, k }) =>
      markup`<li><span class="swatch letter" style="background:${VERDICT_COLOURS[k]}">${kind[0].toUpperCase()}</span> ${kind}</li>`,
  );
  return markup`<ul class="legend">${entries}</ul>`;
}
