/** The spectra of the recurrent weights: how far they stretch a state, at every evaluation. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount, formatNumber } from '../metrics/format.ts';
import './chart.ts';
import { iterationScale, visibleRange } from './chart-data.ts';
import { act } from './events.ts';
import type { Frame } from './frame.ts';
import { iterationListeners } from './iteration-events.ts';
import { runColor, runName } from './runs.ts';
import { settingsLines } from './settings-lines.ts';
import { matricesOf, type SpectrumValue, spectraData, spectraFrame, spectraTable, spectraWords } from './spectra-data.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';
import { pascanuWords } from './time-theory.ts';

interface Shown {
  readonly value: SpectrumValue;
  readonly label: string;
  readonly heading: string;
  readonly text: string;
}
const VALUES: readonly Shown[] = [
  { value: 'radius', label: 'ρ', heading: 'Spectral radius', text: 'spectral radius' },
  { value: 'sigma', label: 'σ max', heading: 'Singular value', text: 'largest singular value' },
];

@customElement('nabla-spectra')
export class Spectra extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() theme = '';
  readonly #charts = iterationListeners(this);
  /** Of what the frame was drawn; it is redrawn where there are more evaluations, or others in view. */
  #drawn: { readonly of: readonly unknown[]; readonly frame: Frame | undefined } | undefined;

  static override styles = [
    shared,
    css`
      .seg button { white-space: nowrap; }
      :host { display: block; margin-top: 16px; }
      nabla-chart { height: 190px; margin-bottom: 6px; }
      table { border-collapse: collapse; width: 100%; }
      th, td { text-align: right; padding: 3px 0 3px 8px; border-bottom: 1px solid var(--line); font-weight: 400; }
      th[scope='row'] { text-align: left; color: var(--dim); padding-left: 0; white-space: nowrap; }
      thead th { color: var(--faint); }
      td { font: 12px var(--mono); font-variant-numeric: tabular-nums; }
      p { color: var(--dim); padding: 3px 0; }
      .tag { margin-right: 5px; }
    `,
  ];

  override render(): TemplateResult | string {
    const { lab } = this;
    const value = lab.looks.spectrum;
    if (!lab.experiments.some(({ model }) => model.kind === 'recurrent')) return '';
    const { traces = [] } = lab;
    const frame = this.#frame();
    const chosen = VALUES.find((one) => one.value === value) ?? VALUES[0];
    return html`<h2>Recurrent weights</h2>
      <nabla-chart .heading=${chosen.heading} .frame=${frame} .theme=${this.theme} .at=${lab.hover === undefined ? undefined : iterationScale(lab).position(lab.hover)}
        .empty=${'Computed at each evaluation, up to 256 units.'} .readout=${this.#readout()}
        .summary=${traces.length > 0 ? `Latest ${chosen.text}: ${spectraWords(traces, value)}.` : ''} .table=${() => spectraTable(traces)} .data=${() => spectraData(traces)}
        .settings=${() => settingsLines(lab)}
        @chart-hover=${this.#charts.hover} @chart-zoom=${this.#charts.zoom} @chart-view=${this.#charts.view} @chart-reset=${this.#charts.reset}
      ><span slot="tools" class="seg" role="group" aria-label="What is shown of the recurrent weights">
        ${VALUES.map((one) => html`<button aria-pressed=${one.value === value} title=${one.text} @click=${() => act(this, { type: 'look', change: { spectrum: one.value } })}>${one.label}</button>`)}
      </span></nabla-chart>
      ${this.#table()} ${lab.experiments.map((_, r) => this.#bound(r))}`;
  }

  #frame(): Frame | undefined {
    const { traces = [], looks, logIterations, marks, hidden } = this.lab;
    const range = visibleRange(this.lab);
    const of = [traces, looks.spectrum, logIterations, marks, hidden, ...range, ...traces.map(({ tests }) => tests.length)];
    const { of: old } = this.#drawn ?? {};
    if (!old || of.length !== old.length || of.some((part, k) => part !== old[k]))
      this.#drawn = { of, frame: spectraFrame(traces, looks.spectrum, this.lab, range) };
    return this.#drawn?.frame;
  }

  #readout(): string {
    const { traces = [], looks, hover } = this.lab;
    if (hover === undefined) return '';
    const words = matricesOf(traces).flatMap(({ run, name, points }) => {
      const point = points.findLast(({ iteration }) => iteration <= hover);
      return point ? [`${runName(run)} ${name} ${formatNumber(point[looks.spectrum])}`] : [];
    });
    return `@ ${formatCount(hover)}  ${words.join('  ')}`;
  }

  /** First and latest evaluation of every matrix. */
  #table(): TemplateResult | string {
    const matrices = matricesOf(this.lab.traces ?? []);
    if (matrices.length === 0) return '';
    const change = (points: (typeof matrices)[number]['points'], key: SpectrumValue) => {
      const [first, latest] = [points[0], points.at(-1)].map((point) => formatNumber(point?.[key] ?? Number.NaN));
      return points.length > 1 ? `${first} → ${latest}` : first;
    };
    return html`<table>
      <thead><tr><td></td><th scope="col">ρ</th><th scope="col">σ max</th></tr></thead>
      <tbody>${matrices.map(({ run, name, points }) => html`<tr><th scope="row">${runName(run)} ${name}</th><td>${change(points, 'radius')}</td><td>${change(points, 'sigma')}</td></tr>`)}</tbody>
    </table>`;
  }

  #bound(r: number): TemplateResult | string {
    const name = runName(r);
    const latest = this.lab.traces?.[r].tests.at(-1)?.spectra;
    const words = (latest ?? []).flatMap(({ matrix, sigma }) => {
      const text = pascanuWords(this.lab.experiments[r], sigma);
      return text ? [latest && latest.length > 1 ? `${matrix}: ${text}` : text] : [];
    });
    if (words.length === 0) return '';
    return html`<p><span class="tag" style="--run: var(${runColor(r)})" aria-hidden="true">${name}</span><span class="hidden">Run ${name}: </span>${words.join('; ')} <span class="dim">(Pascanu, Mikolov, Bengio 2013)</span>.</p>`;
  }
}
