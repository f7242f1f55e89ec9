/** The charts, side by side, under the heads of the two runs. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import { stackOf } from '../metrics/stack.ts';
import { isRegressionTask } from '../model/task-schema.ts';
import './chart.ts';
import './layer-map.ts';
import { accuracyFrame, iterationScale, lossFrame, normFrame, visibleRange } from './chart-data.ts';
import { act, type NablaEvent } from './events.ts';
import type { Frame, Table } from './frame.ts';
import { LAYER_QUANTITIES, LAYER_QUANTITY, type LayerQuantity } from './layer-quantity.ts';
import { type MapGrid, mapGrid } from './map-data.ts';
import { profileFrame, profileRecord, profileTable, profileValue, sideBySide, summarizeProfile } from './profile.ts';
import { accuracyTable, heldOut, mapTable, readout, recordAt, scalarTable, summarize, valueAt } from './readouts.ts';
import { RUN_NAMES } from './settings.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

/** `cross-entropy`, or each run's own. */
function lossNames(experiments: LabState['experiments']): string {
  const [a, b] = experiments.map(({ loss }) => (loss === 'mse' ? 'mean squared error' : 'cross-entropy'));
  return a === b ? a : `A ${a}, B ${b}`;
}

const NO_TABLE: Table = { columns: [], rows: [] };

@customElement('nabla-stage')
export class Stage extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() theme = '';
  #frames: { loss: Frame; norm: Frame; accuracy: Frame; profile: Frame | undefined } | undefined;
  #grid: ((columns: number) => MapGrid) | undefined;
  #drawn: LabState | undefined;
  /** Layer under the pointer in the profile. */
  #layer: number | undefined;

  static override styles = [
    shared,
    css`
    :host { display: grid; gap: 10px; grid-template-columns: 1fr 1fr; grid-template-rows: minmax(170px, 1fr) minmax(170px, 1fr) minmax(180px, 1.05fr); min-height: 0; }
    nabla-layer-map { grid-column: 1 / -1; }
    select { font: inherit; font-size: 12px; font-weight: 400; height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); }
    @media (max-width: 760px) {
      :host { grid-template-columns: minmax(0, 1fr); grid-template-rows: none; grid-auto-rows: 236px; }
    }
  `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { lab } = this;
    const { traces } = lab;
    const old = this.#drawn;
    if (!changed.has('lab')) return;
    if (!traces) {
      this.#frames = this.#grid = this.#drawn = undefined;
      return;
    }
    const sameView =
      old?.zooms === lab.zooms &&
      old.logIterations === lab.logIterations &&
      old.mapRun === lab.mapRun &&
      old.quantity === lab.quantity;
    const sameData = old?.revision === lab.revision && old.marks === lab.marks && old.experiments === lab.experiments;
    if (sameView && sameData) return;
    this.#drawn = lab;
    this.#frames =
      traces[0].length + traces[1].length === 0
        ? undefined
        : {
            loss: lossFrame(lab, traces),
            norm: normFrame(lab, traces),
            accuracy: accuracyFrame(lab, traces),
            profile: profileFrame(lab.experiments, traces, lab.quantity),
          };
    const trace = traces[lab.mapRun];
    this.#grid =
      trace.layers.length === 0
        ? undefined
        : (columns) =>
            mapGrid(trace.layers, this.#names(lab.mapRun).length, iterationScale(lab), visibleRange(lab), columns, lab.quantity);
  }

  override render(): TemplateResult {
    const { lab } = this;
    const { traces, hover } = lab;
    const frames = this.#frames;
    const at = hover === undefined ? undefined : iterationScale(lab).position(hover);
    const chart = (key: 'loss' | 'norm', heading: string, unit: string) => html`<nabla-chart
      .heading=${heading} .unit=${unit} .frame=${frames?.[key]} .at=${at} .theme=${this.theme}
      .readout=${traces ? readout(traces, hover, (trace, iteration, r) => valueAt(trace, key, iteration, lab.experiments[r])) : ''}
      .summary=${traces ? summarize(lab.experiments, traces, key) : ''}
      .table=${() => (traces ? scalarTable(lab.experiments, traces, key) : NO_TABLE)}
      @chart-hover=${this.#hover} @chart-zoom=${this.#zoom} @chart-reset=${this.#reset}
    ></nabla-chart>`;
    return html`${chart('loss', 'Loss', `${lossNames(lab.experiments)}, log`)}
      ${chart('norm', 'Gradient norm', 'global, before clipping')} ${this.#profile()} ${this.#accuracy(at)} ${this.#map(at)}`;
  }

  /** Names of a run's layers of which the quantity is measured. */
  #names(run: number): readonly string[] {
    const summary = this.lab.summaries?.[run];
    return summary ? LAYER_QUANTITY[this.lab.quantity].names(summary) : [];
  }

  #profile(): TemplateResult {
    const { traces, experiments, quantity } = this.lab;
    const records = traces?.map((trace, r) => profileRecord(trace, stackOf(trace, experiments[r])));
    const names = sideBySide(this.#names(0), this.#names(1));
    const layer = this.#layer ?? 0;
    const values = records?.map((record) => profileValue(record, quantity, layer));
    const dates = records?.map((record) => formatCount(record?.iteration ?? 0));
    const unit = dates ? `A @ ${dates[0]}, B @ ${dates[1]}` : experiments[0].model.kind;
    return html`<nabla-chart
      fixed heading="By layer" .frame=${this.#frames?.profile} .theme=${this.theme} .at=${this.#layer}
      .unit=${unit} .empty=${this.#frames ? 'Not measured: probes.layers is “gradients”.' : 'Waiting for the first iteration.'}
      .readout=${values ? html`${names[layer] ?? `layer ${layer}`} &nbsp;<b class="a">A</b> ${values[0]} &nbsp;<b class="b">B</b> ${values[1]}` : ''}
      .summary=${traces ? summarizeProfile(experiments, traces, quantity) : ''}
      .table=${() => (traces ? profileTable(experiments, traces, quantity, names) : NO_TABLE)}
      @chart-hover=${this.#hoverLayer}
    ><label slot="tools"><span class="hidden">What is shown of the layers</span><select @change=${this.#choose}>
      ${LAYER_QUANTITIES.map((id) => html`<option value=${id} title=${LAYER_QUANTITY[id].text} .selected=${id === quantity}>${LAYER_QUANTITY[id].label}</option>`)}
    </select></label></nabla-chart>`;
  }

  readonly #choose = (event: Event): void => {
    act(this, { type: 'quantity', quantity: (event.target as HTMLSelectElement).value as LayerQuantity });
  };

  #accuracy(at: number | undefined): TemplateResult {
    const { traces, hover, experiments } = this.lab;
    const regression = experiments.every(({ task }) => isRegressionTask(task));
    return html`<nabla-chart
      heading="Accuracy" unit="held out, faint: training" .at=${at} .theme=${this.theme}
      .frame=${regression ? undefined : this.#frames?.accuracy}
      .empty=${regression ? 'A regression has no accuracy.' : 'Waiting for the first iteration.'}
      .readout=${traces && !regression ? readout(traces, hover, heldOut) : ''}
      .summary=${traces ? `Held out: ${RUN_NAMES.map((name, r) => `run ${name} ${heldOut(traces[r], Number.POSITIVE_INFINITY)}`).join(', ')}. Training: ${summarize(experiments, traces, 'accuracy')}` : ''}
      .table=${() => (traces ? accuracyTable(traces) : NO_TABLE)}
      @chart-hover=${this.#hover} @chart-zoom=${this.#zoom} @chart-reset=${this.#reset}
    ></nabla-chart>`;
  }

  #map(at: number | undefined): TemplateResult {
    const { lab } = this;
    const scale = iterationScale(lab);
    const [first, last] = visibleRange(lab);
    const trace = lab.traces?.[lab.mapRun];
    const record = trace && recordAt(trace, lab.hover ?? Number.POSITIVE_INFINITY);
    const names = this.#names(lab.mapRun);
    const bottom = names.length - 1;
    const ends =
      record &&
      `@ ${formatCount(record.iteration)}  layer 0: ${profileValue(record, lab.quantity, 0)}  layer ${bottom}: ${profileValue(record, lab.quantity, bottom)}`;
    return html`<nabla-layer-map
      .grid=${this.#grid} .ticks=${scale.ticks(first, last, 10)} .range=${[scale.position(first), scale.position(last)] as const}
      .at=${at} .run=${lab.mapRun} .quantity=${lab.quantity} .theme=${this.theme} .readout=${ends ?? ''} .summary=${ends ?? 'Nothing recorded.'}
      .table=${() => (trace ? mapTable(trace, lab.quantity, names) : NO_TABLE)}
      @chart-hover=${this.#hover} @chart-reset=${this.#reset}
    ></nabla-layer-map>`;
  }

  readonly #hover = ({ detail }: NablaEvent<'chart-hover'>): void => {
    const iteration = detail === undefined ? undefined : Math.max(0, Math.round(iterationScale(this.lab).iteration(detail)));
    if (iteration !== this.lab.hover) act(this, { type: 'hover', iteration });
  };

  readonly #hoverLayer = ({ detail }: NablaEvent<'chart-hover'>): void => {
    const layer = detail === undefined ? undefined : Math.max(0, Math.round(detail));
    if (layer === this.#layer) return;
    this.#layer = layer;
    this.requestUpdate();
  };

  readonly #zoom = ({ detail: [from, to] }: NablaEvent<'chart-zoom'>): void => {
    const scale = iterationScale(this.lab);
    const first = Math.max(0, Math.floor(scale.iteration(from)));
    act(this, { type: 'zoom', range: [first, Math.max(first + 1, Math.ceil(scale.iteration(to)))] });
  };

  readonly #reset = ({ detail: { all } }: NablaEvent<'chart-reset'>): void => {
    if (this.lab.zooms.length > 0) act(this, { type: 'zoom back', all });
  };
}
