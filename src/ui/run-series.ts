/** The chart of norms over the iterations: of gradients before and after clipping, of layers, of weights, of updates; one is chosen. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import './chart.ts';
import type { Trace } from '../metrics/trace.ts';
import { iterationScale } from './chart-data.ts';
import { act } from './events.ts';
import type { Frame, Table } from './frame.ts';
import { placesAt, placesData, placesFrame, placesTable, placesUnit, summarizePlaces } from './places.ts';
import { readout, scalarTable, seriesData, summarize, valueAt } from './readouts.ts';
import { NOT_CLIPPED, runFrame, runUnit } from './run-frames.ts';
import { RUN_QUANTITY, type RunQuantity, SERIES, type SeriesChoice } from './run-quantity.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

type Traces = readonly Trace[];

/** One of the curves that can be chosen, and how it is told. */
interface Shown {
  readonly heading: string;
  readonly unit: (traces: Traces) => string;
  readonly frame: (traces: Traces) => Frame | undefined;
  /** Why there is no frame although iterations are recorded. */
  readonly absent: string;
  readonly value: (trace: Trace, iteration: number, run: number) => string;
  readonly summary: (traces: Traces) => string;
  readonly table: (traces: Traces) => Table;
  readonly data: (traces: Traces) => Table;
}

function shownRun(lab: LabState, quantity: RunQuantity): Shown {
  const { experiments } = lab;
  return {
    heading: RUN_QUANTITY[quantity].label,
    unit: (traces) => runUnit(experiments, traces, quantity),
    frame: (traces) => runFrame(lab, traces, quantity),
    absent: NOT_CLIPPED,
    value: (trace, iteration, r) => valueAt(trace, quantity, iteration, experiments[r]),
    summary: (traces) => summarize(experiments, traces, quantity),
    table: (traces) => scalarTable(experiments, traces, quantity),
    data: (traces) => seriesData(traces, quantity),
  };
}

function shownPlaces(lab: LabState): Shown {
  return {
    heading: 'First, middle, last',
    unit: (traces) => placesUnit(lab, traces),
    frame: (traces) => placesFrame(lab, traces),
    absent: 'Not measured: probes.layers is “gradients”.',
    value: (trace, iteration, r) => placesAt(lab, trace, iteration, r),
    summary: (traces) => summarizePlaces(lab, traces),
    table: (traces) => placesTable(lab, traces),
    data: (traces) => placesData(lab, traces),
  };
}

const PLACES_OPTION = {
  symbol: 'first · last',
  label: 'What the profile shows, of the first, the middle and the last layer or step',
};
const NO_TABLE: Table = { columns: [], rows: [] };

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

  get #shown(): Shown {
    const { series } = this.lab.looks;
    return series === 'places' ? shownPlaces(this.lab) : shownRun(this.lab, series);
  }

  protected override willUpdate(): void {
    const { lab } = this;
    const old = this.#drawn;
    const isSameOfLayers = lab.looks.series !== 'places' || (old?.quantity === lab.quantity && old.looks === lab.looks);
    const isSame =
      isSameOfLayers &&
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
    this.#frame = traces?.some(({ length }) => length > 0) ? this.#shown.frame(traces) : undefined;
  }

  override render(): TemplateResult {
    const { lab } = this;
    const { traces, hover } = lab;
    const shown = this.#shown;
    const isRecorded = traces?.some(({ length }) => length > 0) ?? false;
    return html`<nabla-chart
      .heading=${shown.heading} .unit=${shown.unit(traces ?? [])} .frame=${this.#frame}
      .at=${hover === undefined ? undefined : iterationScale(lab).position(hover)} .theme=${this.theme}
      .empty=${isRecorded ? shown.absent : 'Waiting for the first iteration.'}
      .readout=${traces ? readout(traces, hover, shown.value) : ''}
      .summary=${traces ? shown.summary(traces) : ''}
      .table=${() => (traces ? shown.table(traces) : NO_TABLE)}
      .data=${() => (traces ? shown.data(traces) : NO_TABLE)} .settings=${this.settings}
    ><label slot="tools"><span class="hidden">What is shown over the iterations</span><select @change=${this.#choose}>
      ${SERIES.map((id) => {
        const { symbol, label } = id === 'places' ? PLACES_OPTION : RUN_QUANTITY[id];
        return html`<option value=${id} title=${label} .selected=${id === lab.looks.series}>${symbol}</option>`;
      })}
    </select></label></nabla-chart>`;
  }

  readonly #choose = (event: Event): void => {
    act(this, { type: 'look', change: { series: (event.target as HTMLSelectElement).value as SeriesChoice } });
  };
}
