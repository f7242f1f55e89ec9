/** The right-hand column: verdicts with their evidence, growth by layer, the runs' numbers, the plan's size. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatBytes, formatCount, formatFactor, formatNumber, formatPercent } from '../metrics/format.ts';
import { stackOf } from '../metrics/stack.ts';
import { type DatedGrowth, firstGrowth, judge, latestGrowth } from '../metrics/verdict.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { predictedFactor, predictGrowth } from '../theory/prediction.ts';
import { predictionOf } from '../theory/recurrent-experiment.ts';
import { lossText, valueAt } from './readouts.ts';
import { symbolOf } from './run-head.ts';
import { runColor, runName } from './runs.ts';
import './spectra.ts';
import { type LabState, sharesPlan } from './state.ts';
import { shared } from './styles.ts';
import { theoryThroughTime } from './time-theory.ts';
import { turn } from './turns.ts';

@customElement('nabla-insight')
export class Insight extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() theme = '';

  static override styles = [
    shared,
    css`
      :host { display: block; }
      /* What is out of sight is not laid out while many runs stream; its height is remembered. */
      :host([many]) .verdict, :host([many]) .part { content-visibility: auto; contain-intrinsic-block-size: auto 160px; }
      .part { padding: 0 3px 3px; margin: 16px -3px 0; }
      .verdict { border: 1px solid var(--line); border-left: 3px solid var(--run); border-radius: var(--r); background: var(--raise); padding: 9px 12px 10px; margin-bottom: 8px; }
      .verdict h3 { display: flex; gap: 8px; align-items: center; margin-bottom: 4px; font-size: 13.5px; }
      .verdict p { color: var(--dim); padding: 2px 0; overflow-wrap: anywhere; }
      .exploding, .diverged { color: var(--bad); } .vanishing, .stuck { color: var(--warn); } .healthy { color: var(--good); }
      .wide { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; }
      th, td { text-align: right; padding: 3px 0 3px 8px; border-bottom: 1px solid var(--line); font-weight: 400; vertical-align: top; }
      th[scope='row'] { text-align: left; color: var(--dim); padding-left: 0; }
      thead th { color: var(--faint); }
      td { font: 12px var(--mono); font-variant-numeric: tabular-nums; }
      summary { cursor: pointer; color: var(--accent); min-height: 24px; padding: 3px 0; }
      .moments { list-style: none; margin: 0; padding: 0; color: var(--dim); } .moments li { padding: 2px 0; }
    `,
  ];

  protected override async scheduleUpdate(): Promise<void> {
    await turn();
    await super.scheduleUpdate();
  }

  protected override willUpdate(): void {
    this.toggleAttribute('many', this.lab.experiments.length > 4);
  }

  override render(): TemplateResult {
    return html`<h2>Verdict</h2>
      ${this.lab.experiments.map((_, r) => this.#verdict(r))}
      <div class="part"><h2>${growthHeading(this.lab.experiments)}</h2>
        ${this.#growth()}</div>
      <nabla-spectra .lab=${this.lab} .theme=${this.theme}></nabla-spectra>
      <div class="part"><h2>Runs</h2>
        ${this.#numbers()} ${this.#moments()}</div>
      <div class="part"><h2>${this.lab.summaries && !sharesPlan(this.lab.summaries) ? 'Plans' : 'Plan'}</h2>
        ${this.#plan()}</div>`;
  }

  #verdict(r: number): TemplateResult {
    const name = runName(r);
    const trace = this.lab.traces?.[r];
    const verdict = trace && judge(trace, this.lab.experiments[r]);
    return html`<section class="verdict" style="--run: var(${runColor(r)})" aria-label="Verdict on run ${name}">
      <h3><span class="tag">${name}</span><span class=${verdict?.kind ?? ''}>${verdict ? `${symbolOf(verdict.kind)} ${verdict.title}` : this.lab.failure === undefined ? 'Loading' : 'Not running'}</span></h3>
      ${verdict?.evidence.map((sentence) => html`<p>${sentence}</p>`)}
    </section>`;
  }

  #growth(): TemplateResult {
    const { traces, experiments } = this.lab;
    const fits = (traces ?? []).map((trace, r) => {
      const stack = stackOf(trace, experiments[r]);
      return { start: firstGrowth(trace.layers, stack), now: latestGrowth(trace.layers, stack) };
    });
    const cell = (fit: DatedGrowth | undefined) => (fit ? formatFactor(fit.growth.factor, fit.growth.standardError) : 'no fit');
    return html`<table>
      <thead><tr><td></td><th scope="col">${experiments.every(isRecurrent) ? 'predicted' : 'mean field'}</th><th scope="col">at iteration 0</th><th scope="col">latest finite</th></tr></thead>
      <tbody>${experiments.map((experiment, r) => html`<tr><th scope="row">${runName(r)}</th><td>${foreseenFactor(experiment)}</td><td>${cell(fits[r]?.start)}</td><td>${cell(fits[r]?.now)}</td></tr>`)}</tbody>
    </table>
    ${experiments.map((experiment, r) => html`<details class="theory"><summary>${isRecurrent(experiment) ? 'Theory' : 'Mean field'} of run ${runName(r)}</summary>${theoryOf(experiment)}</details>`)}`;
  }

  #numbers(): TemplateResult {
    const { traces } = this.lab;
    const last = (r: number, quantity: 'loss' | 'norm' | 'accuracy') => {
      const trace = traces?.[r];
      return trace && trace.length > 0
        ? valueAt(trace, quantity, trace.scalars.iteration.at(trace.length - 1), this.lab.experiments[r])
        : '–';
    };
    const test = (r: number, key: 'loss' | 'accuracy') => {
      const record = traces?.[r].tests.at(-1);
      if (!record) return '–';
      return key === 'loss' ? lossText(record.loss, this.lab.experiments[r]) : formatPercent(record.accuracy);
    };
    const broken = (r: number) => {
      const first = traces?.[r].firstNonFinite;
      return first ? html`${first.tensor} @ ${formatCount(first.iteration)}` : 'none';
    };
    const rows: readonly (readonly [string, (r: number) => unknown])[] = [
      ['Iterations', (r) => formatCount(traces?.[r].length ?? 0)],
      ['Loss', (r) => last(r, 'loss')],
      ['Held-out loss', (r) => test(r, 'loss')],
      ['Held-out accuracy', (r) => test(r, 'accuracy')],
      ['Gradient norm', (r) => last(r, 'norm').replace(/ →.*/, '')],
      ['First not finite', broken],
    ];
    const runs = this.lab.experiments.map((_, r) => r);
    return html`<div class="wide" tabindex=${runs.length > 3 ? 0 : -1} role="group" aria-label="The runs' numbers"><table>
      <thead><tr><td></td>${runs.map((r) => html`<th scope="col">${runName(r)}</th>`)}</tr></thead>
      <tbody>${rows.map(([label, value]) => html`<tr><th scope="row">${label}</th>${runs.map((r) => html`<td>${value(r)}</td>`)}</tr>`)}</tbody>
    </table></div>`;
  }

  #moments(): TemplateResult | string {
    const { marks } = this.lab;
    if (marks.length === 0) return '';
    return html`<h2>Changes while running</h2>
      <ul class="moments">${marks.map(({ iteration, text }) => html`<li><span class="num">@ ${formatCount(iteration)}</span> ${text}</li>`)}</ul>`;
  }

  #plan(): TemplateResult {
    const { summaries } = this.lab;
    if (!summaries) return html`<p class="dim">None loaded.</p>`;
    const plans = sharesPlan(summaries) ? summaries.slice(0, 1) : summaries;
    const rows: readonly (readonly [string, (summary: PlanSummary) => string])[] = [
      ['Parameters of a run', ({ parameters }) => formatCount(parameters)],
      ['Replicas', ({ replicas }) => String(replicas)],
      ['Device memory', ({ bytes }) => formatBytes(bytes)],
      ['Dispatches an iteration', (summary) => formatCount(summary.dispatchesPerIteration)],
      ['Matrix work an iteration', ({ flopPerIteration }) => `${formatNumber(flopPerIteration / 1e6)} MFLOP`],
    ];
    const heads =
      plans.length > 1
        ? plans.map((_, r) => runName(r))
        : [summaries.length === 2 ? 'A and B' : summaries.length > 1 ? 'all runs' : 'A'];
    return html`<div class="wide"><table>
      <thead><tr><td></td>${heads.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${rows.map(([label, value]) => html`<tr><th scope="row">${label}</th>${plans.map((plan) => html`<td>${value(plan)}</td>`)}</tr>`)}</tbody>
    </table></div>`;
  }
}

const isRecurrent = ({ model }: Experiment) => model.kind === 'recurrent';

function growthHeading(experiments: readonly Experiment[]): string {
  if (experiments.every(isRecurrent)) return 'Growth per step, back in time';
  if (!experiments.some(isRecurrent)) return 'Growth per layer, towards the input';
  return experiments.map((run, r) => `${runName(r)} ${isRecurrent(run) ? 'per step, back in time' : 'per layer'}`).join('; ');
}

/** The predicted factor, and how far single networks scatter around it, where that is known. */
function foreseenFactor(experiment: Experiment): string {
  if (isRecurrent(experiment)) {
    const prediction = predictionOf(experiment);
    if ('reason' in prediction) return 'none';
    return `${prediction.kind === 'gated' ? 'gates alone ' : ''}×${formatNumber(prediction.factorPerStep)}`;
  }
  const prediction = predictGrowth(experiment);
  if ('reason' in prediction) return 'none';
  const { factor, deviation } = predictedFactor(prediction, experiment);
  return deviation === undefined ? `×${formatNumber(factor)}` : formatFactor(factor, deviation);
}

/** The prediction's numbers and where they come from. */
function theoryOf(experiment: Experiment): TemplateResult {
  if (isRecurrent(experiment)) return theoryThroughTime(experiment);
  const prediction = predictGrowth(experiment);
  if ('reason' in prediction) return html`<p class="dim">${prediction.reason}</p>`;
  const { variances, qStar, chi1, xi, source, assumes } = prediction;
  const layers = (depth: number) => (Number.isFinite(depth) ? `${formatNumber(depth)} layers` : 'without end');
  const rows: readonly (readonly [string, string])[] = [
    ['σw², σb²', `${formatNumber(variances.weight)}, ${formatNumber(variances.bias)}`],
    ['q*', qStar === 'any' ? 'any: kept' : qStar === undefined ? 'set by the norm' : formatNumber(qStar)],
    ['χ₁', formatNumber(chi1)],
    ...(xi
      ? ([
          ['ξ of gradients', layers(xi.gradient)],
          ['ξ of correlations', layers(xi.correlation)],
        ] as const)
      : []),
  ];
  return html`<table><tbody>${rows.map(([label, value]) => html`<tr><th scope="row">${label}</th><td>${value}</td></tr>`)}</tbody></table>
    <p class="dim">${assumes} ${source}.</p>`;
}
