/** Slices of a sweep: one outcome along one axis, with quartiles over the runs. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import '../chart.ts';
import type { NablaEvent } from '../events.ts';
import type { Frame } from '../frame.ts';
import { shared } from '../styles.ts';
import { axisName, scaleOf, valueWord } from './axis-values.ts';
import { select } from './maps.ts';
import { outcomeOf } from './outcomes.ts';
import { type Slice, sliceData, sliceFrame, sliceRuns, sliceTable, summarizeSlice } from './slice-data.ts';
import { type OpenSweep, type SweepViewState, tell } from './state.ts';
import { sweepLines } from './sweep-lines.ts';

@customElement('nabla-sweep-slices')
export class SweepSlices extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  @property() theme = '';
  /** Position under the crosshair. */
  @state() private at: number | undefined;
  #drawn: SweepViewState | undefined;
  #slice!: Slice;
  #frame: Frame | undefined;

  static override styles = [
    shared,
    css`
      :host { display: flex; flex-direction: column; gap: 4px; min-height: 0; min-width: 0; flex: 1; }
      .selectors { display: flex; flex-wrap: wrap; gap: 4px 12px; }
      label { display: inline-flex; gap: 5px; align-items: center; color: var(--dim); font-size: 12px; }
      select { font: inherit; min-height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: 4px; max-width: 190px; }
      nabla-chart { flex: 1; min-height: 190px; }
      @media (max-width: 760px) { select { min-height: 34px; } nabla-chart { min-height: 260px; } }
    `,
  ];

  protected override willUpdate(): void {
    const { sweep } = this;
    const { open, view, revision } = sweep;
    const old = this.#drawn;
    if (!open || (old?.open === open && old.view === view && old.revision === revision)) return;
    this.#drawn = sweep;
    // Verdicts have no order: their slices show the loss.
    this.#slice = sliceRuns(open.table, view, outcomeOf(view.outcome === 'verdict' ? 'loss' : view.outcome));
    this.#frame = sliceFrame(open.table, this.#slice);
  }

  override render(): TemplateResult {
    const { open, view } = this.sweep;
    if (!open) return html``;
    const { axes } = open.table;
    const paths = axes.map(({ path }) => path);
    const options = axes.map(({ path }, axis) => ({ value: String(axis), label: axisName(path, paths) }));
    const { lines, outcome, left } = this.#slice;
    const along = axisName(axes[view.sliceX].path, paths);
    const by =
      view.sliceLines === undefined
        ? ''
        : `, a line per ${axisName(axes[view.sliceLines].path, paths)}${left > 0 ? ` (${lines.length} of ${lines.length + left})` : ''}`;
    const rest = axes.flatMap((axis, k) => (k === view.sliceX || k === view.sliceLines ? [] : [{ axis, k }]));
    // A plot's series are fixed for its life.
    const shape = `${open.sweepId} ${view.sliceX} ${view.sliceLines} ${lines.length}`;
    return html`<div class="selectors" role="group" aria-label="What the slices show">
        ${select('along', String(view.sliceX), options, (text) => tell(this, { type: 'view', change: { sliceX: Number(text) } }))}
        ${axes.length > 1 ? select('lines', String(view.sliceLines ?? ''), [{ value: '', label: 'none' }, ...options.filter(({ value }) => value !== String(view.sliceX))], (text) => tell(this, { type: 'view', change: { sliceLines: text === '' ? undefined : Number(text) } })) : ''}
        ${rest.map(({ axis, k }) => {
          const values = axis.values.map((value, index) => ({ value: String(index), label: valueWord(value) }));
          return select(
            axisName(axis.path, paths),
            String(view.fixed[k] ?? ''),
            [{ value: '', label: 'median over all' }, ...values],
            (text) => tell(this, { type: 'fix', axis: k, index: text === '' ? undefined : Number(text) }),
          );
        })}
      </div>
      ${keyed(
        shape,
        html`<nabla-chart fixed heading="${outcome.label} along ${along}" .unit=${`median, band: quartiles${by}`} .frame=${this.#frame} .theme=${this.theme}
          .at=${this.at} .empty=${'No finished run has a value here yet.'} .readout=${this.#readout(open)} .summary=${summarizeSlice(open.table, this.#slice)}
          .table=${() => sliceTable(open.table, this.#slice)} .data=${() => sliceData(open.table, this.#slice)} .settings=${() => sweepLines(open)} @chart-hover=${this.#hover}></nabla-chart>`,
      )}`;
  }

  #readout({ table }: OpenSweep): TemplateResult | string {
    const index = this.#nearest(table.axes[this.#slice.axis]);
    if (index === undefined) return '';
    const { lines, outcome, axis } = this.#slice;
    const parts = lines.map(({ label, points }) => {
      const { median, runs, finished } = points[index];
      const value = Number.isNaN(median) ? (finished > 0 ? '▲' : '–') : outcome.format(median);
      return `${lines.length > 1 ? `${label}: ` : ''}${value}${runs > 1 ? ` (${finished}/${runs})` : ''}`;
    });
    return html`${valueWord(table.axes[axis].values[index])} &nbsp;${parts.join('   ')}`;
  }

  #nearest(axis: OpenSweep['table']['axes'][number]): number | undefined {
    const { at } = this;
    if (at === undefined) return undefined;
    const { position } = scaleOf(axis);
    const distances = axis.values.map((_, index) => Math.abs(position(index) - at));
    return distances.indexOf(Math.min(...distances));
  }

  readonly #hover = ({ detail }: NablaEvent<'chart-hover'>): void => {
    this.at = detail;
  };
}
