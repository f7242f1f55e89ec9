/** What `train` says about a run: a table, a document, files. */
import pc from 'picocolors';
import type { AdapterReport } from '../engine/report.ts';
import { SCALARS, type Spectrum } from '../metrics/block.ts';
import { formatFactor, formatLog2, formatNumber, formatPercent } from '../metrics/format.ts';
import { histogramRows, histogramsOf } from '../metrics/histogram.ts';
import { LAYER_SERIES, type LayerSeries, stepNames } from '../metrics/layer-series.ts';
import type { Extent, RunResult } from '../metrics/result.ts';
import type { Trace } from '../metrics/trace.ts';
import type { VerdictKind } from '../metrics/verdict.ts';
import { canonicalJson } from '../model/experiment.ts';
import { cellState } from '../model/recurrent-network.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { predictedFactor, predictGrowth } from '../theory/prediction.ts';
import { pascanuBound } from '../theory/recurrent.ts';
import { predictionOf } from '../theory/recurrent-experiment.ts';
import { engineDocument, engineLine } from './engine-line.ts';
import { toCsv, toJson } from './json.ts';
import { pairs, table } from './table.ts';

export interface TrainedRun {
  readonly id: string;
  readonly title?: string;
  readonly experiment: Experiment;
  readonly trace: Trace;
  readonly result: RunResult;
  readonly summary: PlanSummary;
  readonly engine: AdapterReport;
  readonly durationMs: number;
}

/**
 * The document of `train --json` and summary.json. Numbers that are not finite are the strings "NaN", "Infinity", "-Infinity".
 *
 *     runId          16 hex digits, the hash of the experiment
 *     title          of a scenario; absent otherwise
 *     experiment     complete, every default filled in
 *     engine         {engine: "gpu" | "cpu", why, adapter?: {vendor, architecture, device, description, software}}
 *     plan           {parameters, bytes, dispatchesPerIteration, flopPerIteration}
 *     iterations, iterationsPerSecond, durationMs
 *     verdict        {kind, title, evidence: [sentence], iteration?}
 *     ended          how the run ended: "iterations", "policy", …
 *     loss, accuracy, testLoss, testAccuracy      accuracies 0…1, null for a regression
 *     bestLoss, bestAccuracy, bestTestLoss, bestTestAccuracy      the smallest finite loss, the largest accuracy
 *     log2GradientNorm, gradientNorm              {first, max, last}; max is the largest that is finite
 *     clipShare                                   0…1, null without a norm clip
 *     firstNonFinite                              {iteration, tensor} or null
 *     growth         {first, latest, unit}, each {factor, standardError, iteration} or null: growth per layer towards the input,
 *                    of recurrent networks per step back in time; unit "layer" or "step"
 *     prediction     {factor, deviation?, chi1, qStar?, xi?, source} of mean-field theory for the initial weights, or {reason}; of
 *                    recurrent networks {factor, steps, chi1, qStar?, source}, steps being those that change a norm by a factor e
 *     spectra        of recurrent networks at the last evaluation: [{matrix, radius, sigma, bound?}], the spectral radius, the largest
 *                    singular value and, of vanilla cells, Pascanu's bound on the growth per step
 *     tests          [{iteration, loss, accuracy, spectra}], one per evaluation
 */
export function trainDocument({ id, title, experiment, trace, result, summary, engine, durationMs }: TrainedRun): object {
  const { parameters, bytes, dispatchesPerIteration, flopPerIteration } = summary;
  const { iterations, ...rest } = result;
  return {
    runId: id,
    ...(title ? { title } : {}),
    experiment,
    engine: engineDocument(engine),
    plan: { parameters, bytes, dispatchesPerIteration, flopPerIteration },
    iterations,
    iterationsPerSecond: (1000 * iterations) / durationMs,
    durationMs,
    ...rest,
    growth: { ...result.growth, unit: experiment.model.kind === 'recurrent' ? 'step' : 'layer' },
    prediction: predictionDocument(experiment),
    ...(experiment.model.kind === 'recurrent' ? { spectra: lastSpectra(trace, experiment) } : {}),
    tests: trace.tests.map((test) => ({ ...test, accuracy: result.testAccuracy === null ? null : test.accuracy })),
  };
}

/** Mean-field theory's numbers for an experiment's initial weights, or why there are none. */
function predictionDocument(experiment: Experiment): object {
  if (experiment.model.kind === 'recurrent') {
    const prediction = predictionOf(experiment);
    if ('reason' in prediction) return prediction;
    const { factorPerStep: factor, steps, chi1, qStar, source } = prediction;
    return { factor, steps, chi1, qStar, source };
  }
  const prediction = predictGrowth(experiment);
  if ('reason' in prediction) return prediction;
  const { chi1, qStar, xi, source } = prediction;
  return { ...predictedFactor(prediction, experiment), chi1, qStar, xi, source };
}

/** Of the last evaluation, each with Pascanu's bound where the cell has one. */
function lastSpectra(trace: Trace, { model }: Experiment): readonly (Spectrum & { readonly bound?: number })[] {
  const spectra = trace.tests.at(-1)?.spectra ?? [];
  if (model.kind !== 'recurrent' || model.cell !== 'rnn') return spectra;
  return spectra.map((spectrum) => ({ ...spectrum, bound: pascanuBound(spectrum.sigma, model.activation) }));
}

function spectrumText({ matrix, radius, sigma, bound }: Spectrum & { readonly bound?: number }): string {
  if (Number.isNaN(sigma)) return `${matrix}: not finite`;
  const words = `${matrix}: spectral radius ${formatNumber(radius)}, largest singular value ${formatNumber(sigma)}`;
  if (bound === undefined) return words;
  return `${words}; no step grows by more than ×${formatNumber(bound)}${bound < 1 ? ', so that gradients must vanish' : ''}`;
}

function predictionText(experiment: Experiment): string {
  if (experiment.model.kind === 'recurrent') {
    const prediction = predictionOf(experiment);
    if ('reason' in prediction) return prediction.reason;
    const { factorPerStep, steps, qStar, chi1 } = prediction;
    const words = [
      `×${formatNumber(factorPerStep)} per step back in time`,
      ...(typeof qStar === 'number' ? [`q* ${formatNumber(qStar)}`] : []),
      `χ₁ ${formatNumber(chi1)}`,
      ...(Number.isFinite(steps) ? [`a factor e in ${formatNumber(steps)} steps`] : []),
    ];
    return words.join(', ');
  }
  const prediction = predictGrowth(experiment);
  if ('reason' in prediction) return prediction.reason;
  const { factor, deviation } = predictedFactor(prediction, experiment);
  const { qStar, chi1, xi } = prediction;
  const words = [
    `${deviation === undefined ? `×${formatNumber(factor)}` : formatFactor(factor, deviation)} per layer towards the input`,
    ...(typeof qStar === 'number' ? [`q* ${formatNumber(qStar)}`] : []),
    `χ₁ ${formatNumber(chi1)}`,
    ...(xi && Number.isFinite(xi.gradient) ? [`ξ ${formatNumber(xi.gradient)} layers`] : []),
  ];
  return words.join(', ');
}

const COLOURS: Readonly<Record<VerdictKind, (text: string) => string>> = {
  healthy: pc.green,
  exploding: pc.red,
  diverged: pc.red,
  vanishing: pc.yellow,
  stuck: pc.yellow,
  starting: pc.dim,
};

export function colourVerdict(kind: VerdictKind, text: string = kind): string {
  return COLOURS[kind](text);
}

export function trainTable(run: TrainedRun): string {
  const { id, title, experiment, result, engine, durationMs, summary } = run;
  const { verdict, firstNonFinite: broken, log2GradientNorm: norm } = result;
  const share = (value: number | null) => (value === null ? 'none (regression)' : formatPercent(value));
  const rows: [string, string][] = [
    ...(title ? [['scenario', title] as [string, string]] : []),
    ['run', id],
    ['engine', engineLine(engine)],
    [
      'network',
      `${summary.parameters.toLocaleString('en')} parameters, ${summary.dispatchesPerIteration} dispatches per iteration`,
    ],
    [
      'trained',
      `${result.iterations.toLocaleString('en')} iterations in ${(durationMs / 1000).toFixed(1)} s, ${formatNumber((1000 * result.iterations) / durationMs)} per second`,
    ],
    ['verdict', colourVerdict(verdict.kind, verdict.title)],
    [experiment.model.kind === 'recurrent' ? 'theory' : 'mean field', predictionText(experiment)],
    ...lastSpectra(run.trace, experiment).map((spectrum): [string, string] => ['weights', spectrumText(spectrum)]),
    ['loss', formatNumber(result.loss)],
    ['accuracy', share(result.accuracy)],
    ['test loss', formatNumber(result.testLoss)],
    ['test accuracy', share(result.testAccuracy)],
    ['clipped', result.clipShare === null ? 'no norm clip' : `${formatPercent(result.clipShare)} of the iterations`],
    ['not finite', broken ? `first in ${broken.tensor} at iteration ${broken.iteration.toLocaleString('en')}` : 'never'],
  ];
  const extents = (name: string, format: (log2: number) => string) => [
    name,
    ...(['first', 'max', 'last'] as const).map((k) => format(norm[k as keyof Extent])),
  ];
  const norms = table(
    ['gradient norm', 'first', 'max', 'last'],
    [extents('log2', (log2) => (Number.isFinite(log2) ? log2.toFixed(2) : String(log2))), extents('plain', formatLog2)],
    'lrrr',
  );
  const evidence = verdict.evidence.map((sentence) => `  ${sentence}\n`).join('');
  return `${pairs(rows)}\n${norms}\n${evidence}`;
}

/** The files of `--out`. */
export function trainFiles(run: TrainedRun): Record<string, string> {
  const { id, experiment, trace, summary } = run;
  const canonical = JSON.parse(canonicalJson(experiment));
  const columns = SCALARS.filter((name) => name !== 'active' && name !== 'ended' && name !== 'firstNonFinite');
  const rows = Array.from({ length: trace.length }, (_, k) => [
    ...columns.map((name) => trace.scalars[name].at(k)),
    trace.measured[trace.scalars.firstNonFinite.at(k) - 1] ?? '',
  ]);
  const { gradientLayers, weightLayers, unitLayers, recurrentLayers, isAll, isHalf } = summary;
  const measured = isAll ? weightLayers : [];
  const gates = (what: string) =>
    (isAll ? recurrentLayers : []).flatMap(({ name, gates: own, steps: T }) =>
      own.flatMap((gate) => stepNames(`${what} ${name}.${gate}`, T)),
    );
  const headings: Record<Exclude<LayerSeries, 'histogram'>, string[]> = {
    log2Dz: gradientLayers.map((name) => `log2 d${name}`),
    log2Dw: weightLayers.map((name) => `log2 grad.${name}`),
    log2Rms: unitLayers.map((name) => `log2 rms ${name}`),
    blocked: unitLayers.map((name) => `blocked ${name}`),
    log2Weight: measured.map((name) => `log2 ${name}`),
    log2Update: measured.map((name) => `log2 update ${name}`),
    overflowDz: isHalf ? gradientLayers.map((name) => `overflow d${name}`) : [],
    overflowH: isHalf ? unitLayers.map((name) => `overflow ${name}`) : [],
    log2Dh: recurrentLayers.flatMap(({ name, steps }) => stepNames(`log2 d${name}`, steps)),
    log2Dc: recurrentLayers.flatMap(({ name, steps, hasCell }) => (hasCell ? stepNames(`log2 d${cellState(name)}`, steps) : [])),
    gateMean: gates('mean'),
    gateSaturated: gates('saturated'),
  };
  const series = LAYER_SERIES.filter((name) => name !== 'histogram');
  const matrices = (trace.tests[0]?.spectra ?? []).map(({ matrix }) => matrix);
  return {
    'experiment.json': toJson({ runId: id, experiment: canonical }),
    'trace.csv': toCsv([...columns, 'firstNonFinite'], rows),
    'layers.csv': toCsv(
      ['iteration', ...series.flatMap((name) => headings[name])],
      trace.layers.map((record) => [record.iteration, ...series.flatMap((name) => [...record[name]])]),
    ),
    ...(summary.hasHistograms ? { 'histograms.csv': histogramsCsv(trace, weightLayers) } : {}),
    'tests.csv': toCsv(
      [
        'iteration',
        'loss',
        'accuracy',
        ...matrices.flatMap((name) => [`spectral radius ${name}`, `largest singular value ${name}`]),
      ],
      trace.tests.map(({ iteration, loss, accuracy, spectra }) => [
        iteration,
        loss,
        accuracy,
        ...spectra.flatMap(({ radius, sigma }) => [radius, sigma]),
      ]),
    ),
    'summary.json': toJson(trainDocument(run)),
  };
}

/** A row for each bin that is not empty. */
function histogramsCsv(trace: Trace, weights: readonly string[]): string {
  const rows = trace.layers.flatMap(({ iteration, histogram }) =>
    histogramsOf(histogram).flatMap((own, l) =>
      histogramRows(own).map(([kind, from, count]) => [iteration, weights[l], kind, from ?? '', count]),
    ),
  );
  return toCsv(['iteration', 'weight', 'kind', 'log2 from', 'count'], rows);
}
