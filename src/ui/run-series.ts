/** The chart of norms over the iterations: of gradients before and after clipping, of weights, of updates; one is chosen. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import './chart.ts';
import { iterationScale } from './chart-data.ts';
import { act } from './events.ts';
import type { Frame } from './frame.ts';
import { readout, scalarTable, seriesData, summarize, valueAt } from './readouts.ts';
import { NOT_CLIPPED, runFrame, runUnit } from './run-frames.ts';
import { RUN_QUANTITIES, RUN_QUANTITY, type RunQuantity } from './run-quantity.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

@customElement('nabla-run-series')
export class RunSeries extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() theme = '';
  @property({ attribute: false }) settings: () => readonly string[] = () => [];
  #frame: Frame | undefined;
  #drawn: LabState | undefined;

  static override styles = [
    shared,
    css`
      :host { display: grid; min-width: 0; min-height: 0; }
      select { font: inherit; font-size: 12px; font-weight: 400; height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); }
    `,
  ];

  protected override willUpdate(): void {
    const { lab } = this;
    const old = this.#drawn;
    const isSame =
      old?.looks.series === lab.looks.series &&
      old.revision === lab.revision &&
      old.zooms === lab.zooms &&
      old.logIterations === lab.logIterations &&
      old.marks === lab.marks &&
      old.experiments === lab.experiments &&
      old.hidden === lab.hidden &&
      old.traces === lab.traces;
    if (isSame) return;
    this.#drawn = lab;
    const { traces } = lab;
    this.#frame = traces?.some(({ length }) => length > 0) ? runFrame(lab, traces, lab.looks.series) : undefined;
  }

  override render(): TemplateResult {
    const { lab } = this;
    const { traces, hover, experiments } = lab;
    const quantity = lab.looks.series;
    const { label } = RUN_QUANTITY[quantity];
    const isRecorded = traces?.some(({ length }) => length > 0) ?? false;
    return html`<nabla-chart
      .heading=${label} .unit=${traces ? runUnit(experiments, traces, quantity) : RUN_QUANTITY[quantity].unit} .frame=${this.#frame}
      .at=${hover === undefined ? undefined : iterationScale(lab).position(hover)} .theme=${this.theme}
      .empty=${isRecorded ? NOT_CLIPPED : 'Waiting for the first iteration.'}
      .readout=${traces ? readout(traces, hover, (trace, iteration, r) => valueAt(trace, quantity, iteration, experiments[r])) : ''}
      .summary=${traces ? summarize(experiments, traces, quantity) : ''}
      .table=${() => (traces ? scalarTable(experiments, traces, quantity) : { columns: [], rows: [] })}
      .data=${() => (traces ? seriesData(traces, quantity) : { columns: [], rows: [] })} .settings=${this.settings}
    ><label slot="tools"><span class="hidden">What is shown over the iterations</span><select @change=${this.#choose}>
      ${RUN_QUANTITIES.map((id) => html`<option value=${id} title=${RUN_QUANTITY[id].label} .selected=${id === quantity}>${RUN_QUANTITY[id].symbol}</option>`)}
    </select></label></nabla-chart>`;
  }

  readonly #choose = (event: Event): void => {
    act(this, { type: 'look', change: { series: (event.target as HTMLSelectElement).value as RunQuantity } });
  };
}
