/** The charts, side by side, under the heads of the two runs. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import { stackOf } from '../metrics/stack.ts';
import { isRegressionTask } from '../model/regression.ts';
import './chart.ts';
import './layer-map.ts';
import './run-series.ts';
import { accuracyFrame, iterationScale, lossFrame, momentsOf, visibleRange } from './chart-data.ts';
import { act, type NablaEvent } from './events.ts';
import type { Frame, Table } from './frame.ts';
import { iterationListeners } from './iteration-events.ts';
import { type Curve, curveName, curvesOf, mapCurve, partsOf, stepName } from './layer-parts.ts';
import { LAYER_QUANTITY, type LayerQuantity, offersOf } from './layer-quantity.ts';
import type { Wide } from './looks.ts';
import { type MapGrid, mapGrid } from './map-data.ts';
import {
  curveValues,
  fitWords,
  type ProfileView,
  profileData,
  profileFrame,
  profileRecord,
  profileTable,
  profileValue,
  sideBySide,
  summarizeProfile,
} from './profile.ts';
import {
  accuracyTable,
  heldOut,
  mapData,
  mapTable,
  readings,
  readout,
  recordAt,
  scalarTable,
  seriesData,
  summarize,
  valueAt,
} from './readouts.ts';
import { listed, runName } from './runs.ts';
import { settingsLines } from './settings-lines.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';
import { turn } from './turns.ts';

/** `cross-entropy`, or each run's own. */
function lossNames(experiments: LabState['experiments']): string {
  const names = experiments.map(({ loss }) => (loss === 'mse' ? 'mean squared error' : 'cross-entropy'));
  const kinds = [...new Set(names)];
  if (kinds.length === 1) return kinds[0];
  return kinds.map((kind) => `${listed(names.flatMap((name, r) => (name === kind ? [runName(r)] : [])))} ${kind}`).join(', ');
}

const isOfSteps = (quantity: LayerQuantity) => LAYER_QUANTITY[quantity].ofSteps ?? false;

const NO_TABLE: Table = { columns: [], rows: [] };

@customElement('nabla-stage')
export class Stage extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() theme = '';
  #frames: { loss: Frame; accuracy: Frame; profile: Frame | undefined } | undefined;
  #grid: ((columns: number) => MapGrid) | undefined;
  #drawn: LabState | undefined;
  readonly #charts = iterationListeners(this);
  /** Layer under the pointer in the profile. */
  #layer: number | undefined;

  static override styles = [
    shared,
    css`
    :host { display: grid; gap: 10px; grid-template-columns: 1fr 1fr; grid-template-rows: minmax(170px, 1fr) minmax(170px, 1fr) minmax(180px, 1.05fr); min-height: 0; }
    nabla-layer-map, nabla-histograms { grid-column: 1 / -1; }
    select { font: inherit; font-size: 12px; font-weight: 400; height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); }
    /* Their sizes come of the grid alone, so a new number in one of them lays out nothing else. */
    @media (min-width: 761px) {
      nabla-chart, nabla-run-series, nabla-layer-map, nabla-histograms { contain: size layout; }
      /* Contained, each is a layer of its own: the one whose menu is open lies above its neighbours. */
      :focus-within { z-index: 1; }
    }
    @media (max-width: 760px) {
      :host { grid-template-columns: minmax(0, 1fr); grid-template-rows: none; grid-auto-rows: minmax(236px, auto); }
      nabla-histograms { height: 340px; }
    }
  `,
  ];

  protected override async scheduleUpdate(): Promise<void> {
    await turn();
    await super.scheduleUpdate();
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const { lab } = this;
    const { traces } = lab;
    const old = this.#drawn;
    if (!changed.has('lab')) return;
    // Loaded when they are first looked at.
    if (lab.looks.wide === 'histograms' && old?.looks.wide !== 'histograms') void import('./histograms.ts');
    if (!traces) {
      this.#frames = this.#grid = this.#drawn = undefined;
      return;
    }
    const sameView =
      old?.zooms === lab.zooms &&
      old.logIterations === lab.logIterations &&
      old.mapRun === lab.mapRun &&
      old.quantity === lab.quantity &&
      old.hidden === lab.hidden &&
      old.looks.part === lab.looks.part &&
      old.looks.gate === lab.looks.gate;
    const sameData = old?.revision === lab.revision && old.marks === lab.marks && old.experiments === lab.experiments;
    const isSame = sameView && sameData;
    if (isSame && old.hover === lab.hover) return;
    this.#drawn = lab;
    const view = this.#profileView;
    const profile = view && profileFrame(view);
    if (isSame) {
      this.#frames = this.#frames && { ...this.#frames, profile };
      return;
    }
    this.#frames = traces.every(({ length }) => length === 0)
      ? undefined
      : { loss: lossFrame(lab, traces), accuracy: accuracyFrame(lab, traces), profile };
    const trace = traces[lab.mapRun];
    const shown = this.#mapped(lab.mapRun);
    const rows = isOfSteps(lab.quantity) ? (shown?.count ?? 0) : this.#names(lab.mapRun).length;
    this.#grid =
      trace.layers.length === 0
        ? undefined
        : (columns) => mapGrid(trace.layers, rows, iterationScale(lab), visibleRange(lab), columns, lab.quantity, shown?.first);
  }

  override render(): TemplateResult {
    const { lab } = this;
    const { traces, hover } = lab;
    const at = hover === undefined ? undefined : iterationScale(lab).position(hover);
    return html`<nabla-chart
        heading="Loss" .unit=${`${lossNames(lab.experiments)}, log`} .frame=${this.#frames?.loss} .at=${at} .theme=${this.theme}
        .readout=${traces ? readout(traces, hover, (trace, iteration, r) => valueAt(trace, 'loss', iteration, lab.experiments[r])) : ''}
        .summary=${traces ? summarize(lab.experiments, traces, 'loss') : ''}
        .table=${() => (traces ? scalarTable(lab.experiments, traces, 'loss') : NO_TABLE)}
        .data=${() => (traces ? seriesData(traces, 'loss') : NO_TABLE)} .settings=${this.#settings} @chart-view=${this.#charts.view}
        @chart-hover=${this.#charts.hover} @chart-zoom=${this.#charts.zoom} @chart-reset=${this.#charts.reset}
      ></nabla-chart>
      <nabla-run-series .lab=${lab} .theme=${this.theme} .settings=${this.#settings} @chart-view=${this.#charts.view} @chart-hover=${this.#charts.hover} @chart-zoom=${this.#charts.zoom} @chart-reset=${this.#charts.reset}></nabla-run-series>
      ${this.#profile()} ${this.#accuracy(at)} ${lab.looks.wide === 'histograms' ? this.#histograms() : this.#map(at)}`;
  }

  /** Names of a run's layers of which the quantity is measured. */
  #names(run: number): readonly string[] {
    const summary = this.lab.summaries?.[run];
    return summary ? LAYER_QUANTITY[this.lab.quantity].names(summary) : [];
  }

  get #profileView(): ProfileView | undefined {
    const { experiments, traces, quantity, looks, hidden, hover } = this.lab;
    return traces && { experiments, traces, quantity, part: looks.part, hidden, at: hover };
  }

  /** The curves of a run in the profile. */
  #curves(run: number): readonly Curve[] {
    const { traces, experiments, quantity, looks } = this.lab;
    return traces ? curvesOf(quantity, traces[run], experiments[run], looks.part) : [];
  }

  /** The curve of a run that the map shows. */
  #mapped(run: number): Curve | undefined {
    return mapCurve(this.#curves(run), this.lab.looks.gate);
  }

  #profile(): TemplateResult {
    const { traces, experiments, quantity, hover } = this.lab;
    const view = this.#profileView;
    const records = traces?.map((trace, r) => profileRecord(trace, stackOf(trace, experiments[r]), hover));
    const names = sideBySide(experiments.map((_, r) => this.#names(r)));
    const layer = this.#layer ?? 0;
    const ofSteps = isOfSteps(quantity);
    const curves = experiments.map((_, r) => this.#curves(r));
    const values = records?.map((record, r) => curveValues(record, quantity, curves[r], layer));
    const fits = view?.traces.map((_, r) => fitWords(view, r)) ?? [];
    const dates = records?.map((record, r) => `${runName(r)} @ ${formatCount(record?.iteration ?? 0)}`);
    const isOneDate = new Set(records?.map((record) => record?.iteration)).size === 1;
    const unit = isOneDate && (ofSteps || experiments.length !== 2) ? dates?.[0].slice(2) : dates?.join(', ');
    // Until a step is pointed at, the growth over all of them is what there is to read.
    const isFit = ofSteps && this.#layer === undefined && fits.some((words) => words !== '');
    const parts = [...new Set(curves.flatMap((own) => own.slice(0, 1).map(({ name }) => name)))].join(' | ');
    const place = ofSteps ? `step ${layer} of ${parts}` : (names[layer] ?? `layer ${layer}`);
    return html`<nabla-chart
      fixed .heading=${ofSteps ? 'By time step' : 'By layer'} .frame=${this.#frames?.profile} .theme=${this.theme} .at=${this.#layer}
      .unit=${unit ?? experiments[0].model.kind} .empty=${this.#frames ? 'Not measured: probes.layers is “gradients”.' : 'Waiting for the first iteration.'}
      .readout=${values ? readings(isFit ? 'fit' : place, isFit ? fits.map((fit) => fit || '–') : values) : ''}
      .summary=${view ? summarizeProfile(view) : ''}
      .settings=${this.#settings}
      .table=${() => (view ? profileTable(view, names) : NO_TABLE)} .data=${() => (view ? profileData(view, names) : NO_TABLE)}
      @chart-hover=${this.#hoverLayer}
    ><label slot="tools"><span class="hidden">What is shown of the layers</span><select @change=${this.#choose}>
      ${offersOf(experiments, quantity).map(({ quantity: id, reason }) => html`<option value=${id} title=${reason ?? LAYER_QUANTITY[id].text} ?disabled=${reason !== undefined} .selected=${id === quantity}>${LAYER_QUANTITY[id].label}${reason ? ' (not measured)' : ''}</option>`)}
    </select></label>${this.#parts()}</nabla-chart>`;
  }

  /** The recurrent layer whose steps are shown, where there are several. */
  #parts(): TemplateResult | string {
    const { experiments, quantity, looks } = this.lab;
    const names = experiments
      .map((experiment) => partsOf(quantity, experiment))
      .reduce((most, own) => (own.length > most.length ? own : most));
    if (names.length < 2) return '';
    const chosen = Math.min(looks.part ?? Infinity, names.length - 1);
    return html`<label slot="tools"><span class="hidden">Recurrent layer whose steps are shown</span><select @change=${this.#choosePart}>
      ${names.map((name, k) => html`<option value=${k} .selected=${k === chosen}>${name}</option>`)}
    </select></label>`;
  }

  /** The gate that the map shows, where it is one of several. */
  #gates(): TemplateResult | string {
    const curves = this.#curves(this.lab.mapRun);
    if (curves.length < 2) return '';
    const chosen = this.#mapped(this.lab.mapRun);
    return html`<label slot="tools"><span class="hidden">Gate that the map shows</span><select @change=${this.#chooseGate}>
      ${curves.map((curve) => html`<option value=${curve.gate} .selected=${curve.gate === chosen?.gate}>${curve.gate}</option>`)}
    </select></label>`;
  }

  readonly #choosePart = (event: Event): void => {
    act(this, { type: 'look', change: { part: Number((event.target as HTMLSelectElement).value) } });
  };

  readonly #chooseGate = (event: Event): void => {
    act(this, { type: 'look', change: { gate: (event.target as HTMLSelectElement).value } });
  };

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
      .summary=${traces ? `Held out: ${traces.map((trace, r) => `run ${runName(r)} ${heldOut(trace, Number.POSITIVE_INFINITY)}`).join(', ')}. Training: ${summarize(experiments, traces, 'accuracy')}` : ''}
      .table=${() => (traces ? accuracyTable(traces) : NO_TABLE)} .data=${() => (traces ? seriesData(traces, 'accuracy') : NO_TABLE)}
      .settings=${this.#settings} @chart-view=${this.#charts.view}
      @chart-hover=${this.#charts.hover} @chart-zoom=${this.#charts.zoom} @chart-reset=${this.#charts.reset}
    ></nabla-chart>`;
  }

  #map(at: number | undefined): TemplateResult {
    const { lab } = this;
    const scale = iterationScale(lab);
    const [from, to] = visibleRange(lab);
    const trace = lab.traces?.[lab.mapRun];
    const record = trace && recordAt(trace, lab.hover ?? Number.POSITIVE_INFINITY);
    const names = this.#names(lab.mapRun);
    const curve = this.#mapped(lab.mapRun);
    const ofSteps = isOfSteps(lab.quantity);
    const [first, count] = ofSteps ? [curve?.first ?? 0, curve?.count ?? 0] : [0, names.length];
    const place = (l: number) => (ofSteps && curve ? stepName(curve, l) : `layer ${l}`);
    const value = (l: number) => `${place(l)}: ${profileValue(record, lab.quantity, first + l)}`;
    const words = (...rows: number[]) =>
      record && count > 0 ? [`@ ${formatCount(record.iteration)}`, ...rows.map(value)].join('  ') : undefined;
    const ends = words(0, count - 1);
    return html`<nabla-layer-map
      .grid=${this.#grid} .ticks=${scale.ticks(from, to, 10)} .range=${[scale.position(from), scale.position(to)] as const}
      .at=${at} .run=${lab.mapRun} .runs=${lab.experiments.length} .quantity=${lab.quantity} .unit=${ofSteps ? 'step' : 'layer'} .of=${curve && ofSteps ? curveName(curve) : ''}
      .moments=${momentsOf(lab, scale)} .xs=${() => trace?.layers.map(({ iteration }) => scale.position(iteration)) ?? []}
      .theme=${this.theme} .readout=${(row?: number) => (row === undefined || row >= count ? ends : words(row)) ?? ''} .summary=${ends ?? 'Nothing recorded.'}
      .table=${() => (trace && count > 0 ? mapTable(trace, lab.quantity, names.slice(first, first + count), first) : NO_TABLE)}
      .data=${() => (trace && count > 0 ? mapData(trace, lab.quantity, names.slice(first, first + count), first) : NO_TABLE)} .settings=${this.#settings}
      @chart-hover=${this.#charts.hover} @chart-zoom=${this.#charts.zoom} @chart-view=${this.#charts.view} @chart-reset=${this.#charts.reset}
    >${this.#gates()}${this.#wide()}</nabla-layer-map>`;
  }

  #histograms(): TemplateResult {
    return html`<nabla-histograms .lab=${this.lab} .theme=${this.theme}
      @chart-hover=${this.#charts.hover} @chart-zoom=${this.#charts.zoom} @chart-view=${this.#charts.view} @chart-reset=${this.#charts.reset}
    >${this.#wide()}</nabla-histograms>`;
  }

  /** What the wide chart shows. */
  #wide(): TemplateResult {
    const button = (label: string, wide: Wide) =>
      html`<button aria-pressed=${this.lab.looks.wide === wide} @click=${() => act(this, { type: 'look', change: { wide } })}>${label}</button>`;
    return html`<span slot="tools" class="seg" role="group" aria-label="Shown below">${button('Map', 'map')}${button('Histograms', 'histograms')}</span>`;
  }

  readonly #hoverLayer = ({ detail }: NablaEvent<'chart-hover'>): void => {
    const layer = detail === undefined ? undefined : Math.max(0, Math.round(detail));
    if (layer === this.#layer) return;
    this.#layer = layer;
    this.requestUpdate();
  };

  /** What the runs are, for pictures. */
  readonly #settings = (): readonly string[] => settingsLines(this.lab);
}
