/** A sweep's report: one HTML document without scripts and without anything to load. */
import {
  countRuns,
  isDiverged,
  OUTCOMES,
  type Outcome,
  outcomeOf,
  type SeedGroups,
  type Summary,
  seedGroups,
  summarise,
} from '../metrics/aggregate.ts';
import { formatCount } from '../metrics/format.ts';
import { mapOf } from '../metrics/outcome-map.ts';
import type { Trace } from '../metrics/trace.ts';
import { VERDICT_KINDS } from '../metrics/verdict.ts';
import { describeFields } from '../model/describe.ts';
import type { RunRecord } from '../sweep/record.ts';
import type { Manifest } from '../sweep/store.ts';
import type { ResolvedAxis, RunPoint } from '../sweep/sweep-protocol.ts';
import { chartFigure } from './chart.ts';
import { seedCurves, traceCurves } from './curves.ts';
import { mapFigure } from './map.ts';
import { Markup, markup } from './markup.ts';
import { numberOf, shortPath, wordOf } from './scales.ts';
import { STYLE } from './style.ts';

export interface ReportInput {
  readonly manifest: Manifest;
  readonly axes: readonly ResolvedAxis[];
  /** Every run of the sweep, finished or not. */
  readonly points: readonly RunPoint[];
  readonly duplicates: number;
  readonly excluded: number;
  readonly records: readonly RunRecord[];
  /** The trace of a finished run; asked for a few runs only. */
  trace(id: string): Promise<Trace | undefined>;
}

/** What is drawn at most; what is left out is said. */
const MOST_PAIRS = 6;
const MOST_BINS = 24;
const MOST_GROUPS = 200;
const MOST_VALUES = 12;

/** The same input gives the same text. */
export async function reportHtml(input: ReportInput): Promise<string> {
  const { manifest, axes, points, records } = input;
  const title = manifest.sweep.title ?? 'A sweep';
  const groups = seedGroups(axes, points, records);
  const hasAccuracy = records.some(({ result }) => result.testAccuracy !== null);
  const body = [
    heading(input, title),
    verdicts(input),
    ...(records.length > 0
      ? [maps(input, hasAccuracy), await curves(input, groups, hasAccuracy), table(groups, hasAccuracy)]
      : [markup`<p>No run has finished.</p>`]),
  ];
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

function heading({ manifest, axes, points, records, duplicates, excluded }: ReportInput, title: string): Markup {
  const { sweep, sweepId } = manifest;
  const texts = new Map(describeFields().map(({ path, text }) => [path, text]));
  const sampling =
    sweep.sampling?.kind === 'random'
      ? `${formatCount(sweep.sampling.count)} random points, drawn with seed ${sweep.sampling.seed}.`
      : 'Every combination of the values.';
  const left = [
    duplicates > 0 ? `${formatCount(duplicates)} points are the same run as an earlier one.` : '',
    excluded > 0 ? `${formatCount(excluded)} points are excluded by constraints.` : '',
  ];
  const missing = points.length - records.length;
  return markup`<h1>${title}</h1>
${sweep.claim ? markup`<p>${sweep.claim}</p>` : undefined}
<p class="quiet">Sweep <code>${sweepId}</code>. ${formatCount(records.length)} of ${formatCount(points.length)} runs have finished${missing > 0 ? `, ${formatCount(missing)} are missing` : ''}.</p>
<h2>What was swept</h2>
<p>${[sampling, ...left].filter(Boolean).join(' ')}</p>
<div class="scroll"><table><thead><tr><th>Field</th><th>Values</th><th>What it is</th></tr></thead><tbody>
${axes.map(({ path, values }) => markup`<tr><td><code>${path}</code></td><td>${valuesInWords(values)}</td><td class="quiet">${texts.get(path)}</td></tr>`)}
</tbody></table></div>
<p>All runs share <code>${JSON.stringify(sweep.experiment)}</code></p>
`;
}

function valuesInWords(values: readonly unknown[]): string {
  if (values.length <= MOST_VALUES) return values.map(wordOf).join(', ');
  return `${wordOf(values[0])} to ${wordOf(values.at(-1))}, ${formatCount(values.length)} values`;
}

function verdicts({ points, records }: ReportInput): Markup {
  const counts = countRuns(points.length, records);
  const rows = VERDICT_KINDS.filter((kind) => counts.verdicts[kind] > 0).map((kind) => {
    const share = `${((100 * counts.verdicts[kind]) / records.length).toFixed(1)} %`;
    return markup`<tr><td>${kind}</td><td class="n">${formatCount(counts.verdicts[kind])}</td><td class="n">${share}</td></tr>`;
  });
  return markup`<h2>Verdicts</h2>
<table><thead><tr><th>Verdict</th><th class="n">Runs</th><th class="n">Share</th></tr></thead><tbody>${rows}</tbody></table>
<p>${formatCount(counts.diverged)} runs diverged: their loss or gradient ended non-finite, or the loss far above its start. In ${formatCount(counts.nonFinite)} runs some value was not finite at some time.</p>
`;
}

/** Pairs of axes, those with the most cells first; the axis with more values across. */
function pairsOf(axes: readonly ResolvedAxis[]): (readonly [x: ResolvedAxis, y: ResolvedAxis])[] {
  const own = axes.filter(({ path, values }) => path !== 'seed' && values.length > 1);
  const pairs = own.flatMap((a, k) =>
    own.slice(k + 1).map((b): [ResolvedAxis, ResolvedAxis] => (a.values.length >= b.values.length ? [a, b] : [b, a])),
  );
  return pairs.sort(([a, b], [c, d]) => c.values.length * d.values.length - a.values.length * b.values.length);
}

/** Outcomes of the maps and curves, all of which some run has. */
function outcomesOf(records: readonly RunRecord[], hasAccuracy: boolean): Outcome[] {
  const keys = ['verdict', hasAccuracy ? 'testAccuracy' : 'bestLoss', 'maxLog2Norm', 'growth'];
  return OUTCOMES.filter(({ key }) => keys.includes(key)).filter((outcome) =>
    records.some((record) => Number.isFinite(outcome.of(record) ?? Number.NaN)),
  );
}

function maps({ axes, points, records }: ReportInput, hasAccuracy: boolean): Markup {
  const pairs = pairsOf(axes);
  if (pairs.length === 0) return markup``;
  const shown = pairs.slice(0, MOST_PAIRS);
  const paths = axes.map(({ path }) => path);
  const outcomes = outcomesOf(records, hasAccuracy);
  const note =
    pairs.length > shown.length
      ? ` The ${shown.length} pairs with the most cells of ${pairs.length} pairs of fields are shown.`
      : '';
  const sections = shown.map(([x, y]) => {
    const names = { x: shortPath(x.path, paths), y: shortPath(y.path, paths) };
    const figures = outcomes.map((outcome) =>
      mapFigure(mapOf(axes, points, records, { x: x.path, y: y.path, outcome, mostBins: MOST_BINS }), names),
    );
    return markup`<h3>${names.x} and ${names.y}</h3>\n<div class="figures">${figures}</div>\n`;
  });
  return markup`<h2>Maps</h2>
<p>Each cell is the median of its finished runs, over the seeds and all other fields, or their most frequent verdict.${note}</p>
<ul class="legend marks"><li><svg viewBox="0 0 18 18"><rect width="18" height="18" fill="#21918c"/><path d="M4 4L14 14M4 14L14 4" class="under"/><path d="M4 4L14 14M4 14L14 4" class="over"/></svg> at least half of the runs diverged</li><li><svg viewBox="0 0 18 18"><rect width="18" height="18" fill="#21918c"/><path d="M4 14L14 4" class="under"/><path d="M4 14L14 4" class="over"/></svg> some diverged</li><li><svg viewBox="0 0 18 18"><rect x=".5" y=".5" width="17" height="17" fill="none" class="cell"/></svg> no finite value</li><li><svg viewBox="0 0 18 18"><rect x=".5" y=".5" width="17" height="17" fill="none" class="cell open"/></svg> no run has finished</li></ul>
${sections}`;
}

async function curves(input: ReportInput, groups: SeedGroups<RunRecord>, hasAccuracy: boolean): Promise<Markup> {
  const outcomes = outcomesOf(input.records, hasAccuracy).filter(({ kind }) => kind === 'number');
  const overSeeds = seedCurves(groups, outcomes);
  const traces = await traceCurves(input);
  const over = overSeeds
    ? markup`<h2>Medians and quartiles over the seeds</h2>
<p>${overSeeds.note}</p>
<div class="figures">${overSeeds.charts.map((chart) => chartFigure(chart))}</div>
`
    : undefined;
  return markup`${over}<h2>Curves of single runs</h2>
<p>${traces.note}</p>
<div class="figures">${traces.charts.map((chart) => chartFigure(chart))}</div>
`;
}

function table({ axes, groups }: SeedGroups<RunRecord>, hasAccuracy: boolean): Markup {
  const paths = axes.map(({ path }) => path);
  const outcomes = ['loss', ...(hasAccuracy ? ['testAccuracy'] : []), 'maxLog2Norm', 'growth'].map(outcomeOf);
  const shown = groups.slice(0, MOST_GROUPS);
  const cell = (key: string, { median, lower, upper, nonFinite }: Summary) => {
    const broken = nonFinite > 0 ? `${nonFinite} not finite` : '';
    if (median === null || lower === null || upper === null) return broken || '–';
    const spread = lower === upper ? '' : ` (${numberOf(key, lower)} to ${numberOf(key, upper)})`;
    return `${numberOf(key, median)}${spread}${broken && `, ${broken}`}`;
  };
  const rows = shown.map(
    ({
      values,
      counts,
      finished,
    }) => markup`<tr>${values.map((value) => markup`<td class="v">${wordOf(value)}</td>`)}<td class="n">${counts.finished} of ${counts.runs}</td><td class="n">${finished.filter(({ result }) => isDiverged(result)).length}</td>${outcomes.map((outcome) => markup`<td class="n">${cell(outcome.key, summarise(finished, outcome))}</td>`)}</tr>
`,
  );
  const note =
    groups.length > shown.length
      ? `The first ${formatCount(shown.length)} of ${formatCount(groups.length)} groups; export writes every run. `
      : '';
  return markup`<h2>Groups</h2>
<p>${note}Runs that differ in nothing but their seed: the median, and in brackets the quartiles, of the finite values.</p>
<div class="scroll"><table><thead><tr>${paths.map((path) => markup`<th>${shortPath(path, paths)}</th>`)}<th class="n">Finished</th><th class="n">Diverged</th>${outcomes.map(({ label }) => markup`<th class="n">${label}</th>`)}</tr></thead><tbody>
${rows}</tbody></table></div>
`;
}
