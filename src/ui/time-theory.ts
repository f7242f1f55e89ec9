/** What theory says of a recurrent run, as the insight column shows it. */
import { html, type TemplateResult } from 'lit';
import { formatNumber } from '../metrics/format.ts';
import type { Experiment } from '../model/schema.ts';
import { pascanuBound } from '../theory/recurrent.ts';
import { predictionOf } from '../theory/recurrent-experiment.ts';

/** The prediction's numbers and where they come from. */
export function theoryThroughTime(experiment: Experiment): TemplateResult {
  const prediction = predictionOf(experiment);
  if ('reason' in prediction) return html`<p class="dim">${prediction.reason}</p>`;
  const { qStar, chi1, factorPerStep, steps, log2DeviationPerStep, source, assumes } = prediction;
  const time = Number.isFinite(steps) ? `${formatNumber(steps)} steps` : 'without end';
  const scatter = log2DeviationPerStep === undefined ? undefined : factorPerStep * Math.LN2 * log2DeviationPerStep;
  const rows: readonly (readonly [string, string])[] = [
    ...(qStar === undefined ? [] : [['q*', qStar === 'any' ? 'any: kept' : formatNumber(qStar)] as const]),
    ['χ₁', formatNumber(chi1)],
    ['factor e after', time],
    ...(scatter === undefined ? [] : [['one step, over seeds', `± ${formatNumber(scatter)}`] as const]),
  ];
  return html`<table><tbody>${rows.map(([label, value]) => html`<tr><th scope="row">${label}</th><td>${value}</td></tr>`)}</tbody></table>
    <p class="dim">${assumes} ${source}.</p>`;
}

/**
 * Pascanu's bound in words; undefined for gated and normalised cells, of which it says nothing.
 *
 * @param sigma largest singular value of the recurrent weights
 */
export function pascanuWords({ model }: Experiment, sigma: number): string | undefined {
  if (model.kind !== 'recurrent' || model.cell !== 'rnn' || model.norm !== 'none' || !Number.isFinite(sigma)) return undefined;
  const bound = pascanuBound(sigma, model.activation);
  const says = bound < 1 ? 'below 1: gradients must vanish' : 'not below 1: gradients may explode, and still may vanish';
  return `σ_max·γ = ${formatNumber(bound)}, ${says}`;
}
