/** The curves of one run of a sweep: loss, global gradient norm, profile over the layers. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { lowerBound } from '../../metrics/decimate.ts';
import { formatCount, formatNumber } from '../../metrics/format.ts';
import { stackOf } from '../../metrics/stack.ts';
import type { Trace } from '../../metrics/trace.ts';
import type { Experiment } from '../../model/schema.ts';
import '../chart.ts';
import { type ChartView, iterationScale, lossFrame, normFrame } from '../chart-data.ts';
import type { NablaEvent } from '../events.ts';
import type { Frame, Table } from '../frame.ts';
import { type Curve, curvesOf } from '../layer-parts.ts';
import { LAYER_QUANTITY, type LayerQuantity, offersOf, usualQuantity } from '../layer-quantity.ts';
import {
  curveValues,
  fitWords,
  type ProfileView,
  profileData,
  profileFrame,
  profileRecord,
  profileTable,
  summarizeProfile,
} from '../profile.ts';
import { seriesData, valueAt } from '../readouts.ts';
import type { Range } from '../state.ts';
import { shared } from '../styles.ts';
import { iterationsBetween, zoomedBack, zoomedTo } from '../zooms.ts';
import { tell } from './state.ts';

/** Rows of a data table. */
const TABLE_ROWS = 60;
const NO_TABLE: Table = { columns: [], rows: [] };

@customElement('nabla-sweep-charts')
export class SweepCharts extends LitElement {
  @property({ attribute: false }) trace!: Trace;
  @property({ attribute: false }) experiment: Experiment | undefined;
  /** What the run is, for pictures. */
  @property({ attribute: false }) settings: () => readonly string[] = () => [];
  @property() theme = '';
  @state() private zooms: readonly Range[] = [];
  @state() private hover: number | undefined;
  @state() private layer: number | undefined;
  /** Undefined for what runs of their kind are usually looked at for. */
  @property({ attribute: false }) chosen: LayerQuantity | undefined;
  #frames: { loss: Frame; norm: Frame; profile: Frame | undefined } | undefined;

  static override styles = [
    shared,
    css`
      :host { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 8px; flex: 1; min-height: 210px; }
      select { font: inherit; font-size: 12px; font-weight: 400; height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); }
      @media (max-width: 1180px) { :host { grid-template-columns: minmax(0, 1fr); grid-auto-rows: 236px; } }
    `,
  ];

  get quantity(): LayerQuantity {
    return this.chosen ?? usualQuantity(this.experiment ? [this.experiment] : []);
  }

  get #curves(): readonly Curve[] {
    return this.experiment ? curvesOf(this.quantity, this.trace, this.experiment) : [];
  }

  get #view(): ChartView {
    // Charts want both runs of the Lab; where there is one, the second is not looked at.
    const experiments = this.experiment ? ([this.experiment, this.experiment] as const) : ([] as never);
    return { experiments, logIterations: true, zooms: this.zooms, marks: [] };
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('trace')) this.zooms = [];
    if (
      !changed.has('trace') &&
      !changed.has('zooms') &&
      !changed.has('experiment') &&
      !changed.has('chosen') &&
      !changed.has('hover')
    )
      return;
    const { trace } = this;
    const view = this.#view;
    this.#frames = {
      loss: lossFrame(view, [trace]),
      norm: normFrame(view, [trace]),
      profile: this.#profileView && profileFrame(this.#profileView),
    };
  }

  override render(): TemplateResult {
    const { trace, hover } = this;
    const scale = iterationScale(this.#view);
    const at = hover === undefined ? undefined : scale.position(hover);
    const iteration = hover ?? this.#last;
    const chart = (key: 'loss' | 'norm', heading: string, unit: string) => html`<nabla-chart
      .heading=${heading} .unit=${unit} .frame=${this.#frames?.[key]} .at=${at} .theme=${this.theme} .settings=${this.settings}
      .readout=${`@ ${formatCount(iteration)}  ${valueAt(trace, key, iteration, this.experiment)}`} .summary=${this.#summary(key)} .table=${() => this.#table(key)} .data=${() => seriesData([trace], key, () => 'run')}
      @chart-hover=${this.#hover} @chart-zoom=${this.#zoom} @chart-view=${this.#zoom} @chart-reset=${this.#reset}
    ></nabla-chart>`;
    return html`${chart('loss', 'Loss', 'log')} ${chart('norm', 'Gradient norm', 'global, before clipping')} ${this.#profile()}`;
  }

  /** The last iteration of the run. */
  get #last(): number {
    const { length, scalars } = this.trace;
    return length === 0 ? 0 : scalars.iteration.at(length - 1);
  }

  /** The iteration at or after a position that was kept. */
  #recorded(position: number): number {
    const iterations = this.trace.scalars.iteration.view();
    return iterations[Math.min(iterations.length - 1, lowerBound(iterations, Math.round(position)))] ?? 0;
  }

  get #profileView(): ProfileView | undefined {
    const { experiment, trace, quantity, hover } = this;
    return experiment && { experiments: [experiment], traces: [trace], quantity, at: hover };
  }

  #profile(): TemplateResult {
    const { experiment, trace, quantity, hover } = this;
    const view = this.#profileView;
    const record = experiment && profileRecord(trace, stackOf(trace, experiment), hover);
    const layer = this.layer ?? 0;
    const curves = this.#curves;
    const ofSteps = LAYER_QUANTITY[quantity].ofSteps ?? false;
    const count = record && !ofSteps ? LAYER_QUANTITY[quantity].values(record).length : 0;
    const names = Array.from({ length: count }, (_, l) => String(l));
    const place = ofSteps ? `step ${layer} of ${curves[0]?.name ?? ''}` : `layer ${layer}`;
    const fits = ofSteps && view ? fitWords(view, 0) : quantity === 'gradient' ? 'with fit' : '';
    return html`<nabla-chart fixed .heading=${ofSteps ? 'By time step' : 'By layer'} .frame=${this.#frames?.profile} .theme=${this.theme} .settings=${this.settings} .at=${this.layer}
      .unit=${record ? `${fits ? `${fits}, ` : ''}at ${formatCount(record.iteration)}` : ''} .empty=${'Nothing of the kind is kept of this run.'}
      .readout=${record ? `${place}  ${curveValues(record, quantity, curves, layer)}` : ''}
      .summary=${view ? summarizeProfile(view) : ''} .table=${() => (view ? profileTable(view, names) : NO_TABLE)} .data=${() => (view ? profileData(view, names) : NO_TABLE)}
      @chart-hover=${this.#hoverLayer}
      ><label slot="tools"><span class="hidden">What is shown of the layers</span><select @change=${this.#choose}>
      ${offersOf(experiment ? [experiment] : [], quantity).map(({ quantity: id, reason }) => html`<option value=${id} title=${reason ?? LAYER_QUANTITY[id].text} ?disabled=${reason !== undefined} .selected=${id === quantity}>${LAYER_QUANTITY[id].label}</option>`)}
    </select></label></nabla-chart>`;
  }

  readonly #choose = (event: Event): void => {
    tell(this, { type: 'quantity', quantity: (event.target as HTMLSelectElement).value as LayerQuantity });
  };

  #summary(key: 'loss' | 'norm'): string {
    const { trace } = this;
    if (trace.length === 0) return 'Nothing recorded.';
    const broken = trace.firstNonFinite ? `, first not finite at iteration ${trace.firstNonFinite.iteration}` : '';
    return `From ${valueAt(trace, key, 0, this.experiment)} at iteration 0 to ${valueAt(trace, key, this.#last, this.experiment)} at iteration ${this.#last}${broken}.`;
  }

  #table(key: 'loss' | 'norm'): Table {
    const { trace } = this;
    const step = Math.max(1, Math.ceil(trace.length / TABLE_ROWS));
    const iterations = Array.from({ length: trace.length }, (_, i) => i).filter((i) => i % step === 0 || i === trace.length - 1);
    const text = (i: number) =>
      key === 'loss'
        ? formatNumber(trace.scalars.loss.at(i))
        : valueAt(trace, key, trace.scalars.iteration.at(i), this.experiment);
    return {
      columns: ['Iteration', key === 'loss' ? 'Loss' : 'Gradient norm'],
      rows: iterations.map((i) => [formatCount(trace.scalars.iteration.at(i)), text(i)]),
    };
  }

  readonly #hover = ({ detail }: NablaEvent<'chart-hover'>): void => {
    this.hover = detail === undefined ? undefined : this.#recorded(iterationScale(this.#view).iteration(detail));
  };

  readonly #hoverLayer = ({ detail }: NablaEvent<'chart-hover'>): void => {
    const [curve] = this.#curves;
    const last = LAYER_QUANTITY[this.quantity].ofSteps && curve ? curve.count - 1 : this.trace.gradientLayers - 1;
    this.layer = detail === undefined ? undefined : Math.min(last, Math.max(0, Math.round(detail)));
  };

  readonly #zoom = ({ type, detail }: NablaEvent<'chart-zoom' | 'chart-view'>): void => {
    this.zooms = zoomedTo(this.zooms, iterationsBetween(iterationScale(this.#view), detail), type === 'chart-view');
  };

  readonly #reset = ({ detail: { all } }: NablaEvent<'chart-reset'>): void => {
    this.zooms = zoomedBack(this.zooms, all);
  };
}
