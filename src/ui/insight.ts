/** The right-hand column: verdicts with their evidence, growth by layer, the runs' numbers, the plan's size. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatBytes, formatCount, formatFactor, formatNumber, formatPercent } from '../metrics/format.ts';
import { type DatedGrowth, firstGrowth, judge, latestGrowth } from '../metrics/verdict.ts';
import { hiddenOf } from './profile.ts';
import { valueAt } from './readouts.ts';
import { symbolOf } from './run-head.ts';
import { RUN_NAMES } from './settings.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

@customElement('nabla-insight')
export class Insight extends LitElement {
  @property({ attribute: false }) lab!: LabState;

  static override styles = [
    shared,
    css`
      :host { display: block; }
      .verdict { border: 1px solid var(--line); border-left: 3px solid var(--run); border-radius: var(--r); background: var(--raise); padding: 9px 12px 10px; margin-bottom: 8px; }
      .verdict h3 { display: flex; gap: 8px; align-items: center; margin-bottom: 4px; font-size: 13.5px; }
      .verdict p { color: var(--dim); padding: 2px 0; overflow-wrap: anywhere; }
      .exploding, .diverged { color: var(--bad); } .vanishing, .stuck { color: var(--warn); } .healthy { color: var(--good); }
      table { border-collapse: collapse; width: 100%; }
      th, td { text-align: right; padding: 3px 0 3px 8px; border-bottom: 1px solid var(--line); font-weight: 400; vertical-align: top; }
      th[scope='row'] { text-align: left; color: var(--dim); padding-left: 0; }
      thead th { color: var(--faint); }
      td { font: 12px var(--mono); font-variant-numeric: tabular-nums; }
      .moments { list-style: none; margin: 0; padding: 0; color: var(--dim); } .moments li { padding: 2px 0; }
    `,
  ];

  override render(): TemplateResult {
    return html`<h2>Verdict</h2>
      ${RUN_NAMES.map((_, r) => this.#verdict(r))}
      <h2>Growth per layer, towards the input</h2>
      ${this.#growth()}
      <h2>Runs</h2>
      ${this.#numbers()} ${this.#moments()}
      <h2>Plan</h2>
      ${this.#plan()}`;
  }

  #verdict(r: number): TemplateResult {
    const name = RUN_NAMES[r];
    const trace = this.lab.traces?.[r];
    const verdict = trace && judge(trace, this.lab.experiments[r]);
    return html`<section class="verdict" style="--run: var(--run-${name.toLowerCase()})" aria-label="Verdict on run ${name}">
      <h3><span class="tag ${name.toLowerCase()}">${name}</span><span class=${verdict?.kind ?? ''}>${verdict ? `${symbolOf(verdict.kind)} ${verdict.title}` : this.lab.failure === undefined ? 'Loading' : 'Not running'}</span></h3>
      ${verdict?.evidence.map((sentence) => html`<p>${sentence}</p>`)}
    </section>`;
  }

  #growth(): TemplateResult {
    const { traces, experiments } = this.lab;
    const fits = (traces ?? []).map((trace, r) => {
      const hidden = hiddenOf(experiments[r], trace);
      return { start: firstGrowth(trace.layers, hidden), now: latestGrowth(trace.layers, hidden) };
    });
    const cell = (fit: DatedGrowth | undefined) => (fit ? formatFactor(fit.growth.factor, fit.growth.standardError) : 'no fit');
    return html`<table>
      <thead><tr><td></td><th scope="col">at iteration 0</th><th scope="col">latest finite</th></tr></thead>
      <tbody>${RUN_NAMES.map((name, r) => html`<tr><th scope="row">Run ${name}</th><td>${cell(fits[r]?.start)}</td><td>${cell(fits[r]?.now)}</td></tr>`)}</tbody>
    </table>`;
  }

  #numbers(): TemplateResult {
    const { traces } = this.lab;
    const last = (r: number, quantity: 'loss' | 'norm' | 'accuracy') => {
      const trace = traces?.[r];
      return trace && trace.length > 0 ? valueAt(trace, quantity, trace.scalars.iteration.at(trace.length - 1)) : '–';
    };
    const test = (r: number, key: 'loss' | 'accuracy') => {
      const record = traces?.[r].tests.at(-1);
      if (!record) return '–';
      return key === 'loss' ? formatNumber(record.loss) : formatPercent(record.accuracy);
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
    return html`<table>
      <thead><tr><td></td><th scope="col">A</th><th scope="col">B</th></tr></thead>
      <tbody>${rows.map(([label, value]) => html`<tr><th scope="row">${label}</th><td>${value(0)}</td><td>${value(1)}</td></tr>`)}</tbody>
    </table>`;
  }

  #moments(): TemplateResult | string {
    const { marks } = this.lab;
    if (marks.length === 0) return '';
    return html`<h2>Changes while running</h2>
      <ul class="moments">${marks.map(({ iteration, text }) => html`<li><span class="num">@ ${formatCount(iteration)}</span> ${text}</li>`)}</ul>`;
  }

  #plan(): TemplateResult {
    const { summary } = this.lab;
    if (!summary) return html`<p class="dim">None loaded.</p>`;
    const rows: readonly (readonly [string, string])[] = [
      ['Parameters of a run', formatCount(summary.parameters)],
      ['Replicas', String(summary.replicas)],
      ['Device memory', formatBytes(summary.bytes)],
      ['Dispatches an iteration', formatCount(summary.dispatchesPerIteration)],
      ['Matrix work an iteration', `${formatNumber(summary.flopPerIteration / 1e6)} MFLOP`],
    ];
    return html`<table><tbody>${rows.map(([label, value]) => html`<tr><th scope="row">${label}</th><td>${value}</td></tr>`)}</tbody></table>`;
  }
}
