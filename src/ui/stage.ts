/** The charts, side by side, under the heads of the two runs. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount, formatLog2 } from '../metrics/format.ts';
import './chart.ts';
import './layer-map.ts';
import { accuracyFrame, iterationScale, lossFrame, normFrame, profileFrame, profileRecord, visibleRange } from './chart-data.ts';
import { act, type NablaEvent } from './events.ts';
import type { Frame, Table } from './frame.ts';
import { type MapGrid, mapGrid } from './map-data.ts';
import {
  accuracyTable,
  heldOut,
  mapTable,
  profileTable,
  readout,
  recordAt,
  scalarTable,
  summarize,
  summarizeProfile,
  valueAt,
} from './readouts.ts';
import { RUN_NAMES } from './settings.ts';
import type { LabState } from './state.ts';

const NO_TABLE: Table = { columns: [], rows: [] };

@customElement('nabla-stage')
export class Stage extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() theme = '';
  #frames: { loss: Frame; norm: Frame; accuracy: Frame; profile: Frame } | undefined;
  #grid: ((columns: number) => MapGrid) | undefined;
  #drawn: LabState | undefined;
  /** Layer under the pointer in the profile. */
  #layer: number | undefined;

  static override styles = css`
    :host { display: grid; gap: 10px; grid-template-columns: 1fr 1fr; grid-template-rows: minmax(170px, 1fr) minmax(170px, 1fr) minmax(180px, 1.05fr); min-height: 0; }
    nabla-layer-map { grid-column: 1 / -1; }
    @media (max-width: 760px) {
      :host { grid-template-columns: minmax(0, 1fr); grid-template-rows: none; grid-auto-rows: 236px; }
    }
  `;

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { lab } = this;
    const { traces } = lab;
    const old = this.#drawn;
    if (!changed.has('lab')) return;
    if (!traces) {
      this.#frames = this.#grid = this.#drawn = undefined;
      return;
    }
    const sameView = old?.zooms === lab.zooms && old.logIterations === lab.logIterations && old.mapRun === lab.mapRun;
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
            profile: profileFrame(lab, traces),
          };
    const trace = traces[lab.mapRun];
    this.#grid =
      trace.layers.length === 0
        ? undefined
        : (columns) => mapGrid(trace.layers, trace.gradientLayers, iterationScale(lab), visibleRange(lab), columns);
  }

  override render(): TemplateResult {
    const { lab } = this;
    const { traces, hover } = lab;
    const frames = this.#frames;
    const at = hover === undefined ? undefined : iterationScale(lab).position(hover);
    const chart = (key: 'loss' | 'norm', heading: string, unit: string) => html`<nabla-chart
      .heading=${heading} .unit=${unit} .frame=${frames?.[key]} .at=${at} .theme=${this.theme}
      .readout=${traces ? readout(traces, hover, (trace, iteration) => valueAt(trace, key, iteration)) : ''}
      .summary=${traces ? summarize(traces, key) : ''}
      .table=${() => (traces ? scalarTable(traces, key) : NO_TABLE)}
      @chart-hover=${this.#hover} @chart-zoom=${this.#zoom} @chart-reset=${this.#reset}
    ></nabla-chart>`;
    return html`${chart('loss', 'Loss', `${lab.experiments[0].loss === 'mse' ? 'mean squared error' : 'cross-entropy'}, log`)}
      ${chart('norm', 'Gradient norm', 'global, before clipping')} ${this.#profile()} ${this.#accuracy(at)} ${this.#map(at)}`;
  }

  #profile(): TemplateResult {
    const { traces, experiments, summary } = this.lab;
    const hidden = this.#hidden();
    const dates = traces?.map((trace) => profileRecord(trace, hidden)?.iteration);
    const layer = this.#layer;
    const values = traces?.map((trace) => {
      const record = profileRecord(trace, hidden);
      return record ? formatLog2(record.log2Dz[layer ?? 0]) : '–';
    });
    const name = summary?.gradientLayers[layer ?? 0] ?? `layer ${layer ?? 0}`;
    return html`<nabla-chart
      fixed heading="‖∂L/∂z‖ by layer" .frame=${this.#frames?.profile} .theme=${this.theme} .at=${layer}
      .unit=${dates ? `with fit; A at ${formatCount(dates[0] ?? 0)}, B at ${formatCount(dates[1] ?? 0)}` : `${experiments[0].model.kind}`}
      .readout=${values ? html`${name} &nbsp;<b class="a">A</b> ${values[0]} &nbsp;<b class="b">B</b> ${values[1]}` : ''}
      .summary=${traces ? summarizeProfile(traces, hidden) : ''}
      .table=${() => (traces ? profileTable(traces, hidden, summary?.gradientLayers ?? []) : NO_TABLE)}
      @chart-hover=${this.#hoverLayer}
    ></nabla-chart>`;
  }

  #accuracy(at: number | undefined): TemplateResult {
    const { traces, hover, experiments } = this.lab;
    const regression = experiments[0].loss === 'mse' && experiments[0].task.name === 'teacher';
    return html`<nabla-chart
      heading="Accuracy" unit="held out, faint: training" .at=${at} .theme=${this.theme}
      .frame=${regression ? undefined : this.#frames?.accuracy}
      .empty=${regression ? 'This task is a regression: it has no accuracy.' : 'Waiting for the first iteration.'}
      .readout=${traces && !regression ? readout(traces, hover, heldOut) : ''}
      .summary=${traces ? `Held out: ${RUN_NAMES.map((name, r) => `run ${name} ${heldOut(traces[r], Number.POSITIVE_INFINITY)}`).join(', ')}. Training: ${summarize(traces, 'accuracy')}` : ''}
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
    const ends =
      record &&
      `@ ${formatCount(record.iteration)}  layer 0: ${formatLog2(record.log2Dz[0])}  layer ${record.log2Dz.length - 1}: ${formatLog2(record.log2Dz[record.log2Dz.length - 1])}`;
    return html`<nabla-layer-map
      .grid=${this.#grid} .ticks=${scale.ticks(first, last, 10)} .range=${[scale.position(first), scale.position(last)] as const}
      .at=${at} .run=${lab.mapRun} .theme=${this.theme} .readout=${ends ?? ''} .summary=${ends ?? 'Nothing recorded.'}
      .table=${() => (trace ? mapTable(trace) : NO_TABLE)}
      @chart-hover=${this.#hover} @chart-reset=${this.#reset}
    ></nabla-layer-map>`;
  }

  #hidden(): number {
    const { model } = this.lab.experiments[0];
    return model.kind === 'mlp' ? model.depth : (this.lab.traces?.[0].gradientLayers ?? 1);
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
