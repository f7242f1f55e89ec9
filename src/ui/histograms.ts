/** Histograms of log2 |g| of a run's weights: over the iterations or the weights as a map, one of them as bars beside it. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import { countOf, type Histogram, histogramOf } from '../metrics/histogram.ts';
import type { LayerRecord } from '../metrics/trace.ts';
import { areaStyles, listenOnArea } from './chart/area.ts';
import { chartStyles } from './chart/chart-styles.ts';
import type { Caption } from './chart/figure.ts';
import type { Panel } from './chart/figure-map.ts';
import { FrameDraw } from './chart/frame-draw.ts';
import type { Span } from './chart/gestures.ts';
import { actOnChartKey, CHART_KEYS, WALK_KEYS } from './chart/keys.ts';
import { iterationScale, momentsOf, visibleRange } from './chart-data.ts';
import './chart/menu.ts';
import { mapPicture } from './chart/picture.ts';
import { Colors } from './colors.ts';
import { act, emit } from './events.ts';
import type { Table } from './frame.ts';
import { barsOf, histogramData, histogramTable, histogramWords, overIterations, overWeights } from './histogram-data.ts';
import { type Drawn, layoutOf, paintHistograms } from './histogram-paint.ts';
import { recordAt } from './readouts.ts';
import { runChooser } from './run-chooser.ts';
import { runName } from './runs.ts';
import { settingsLines } from './settings-lines.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';
import { dataTable, tableStyles } from './table.ts';

/** Weights from which they are chosen by number. */
const MOST_OPTIONS = 256;

@customElement('nabla-histograms')
export class Histograms extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() theme = '';
  /** Weight under the pointer; it is the chosen one when the pointer leaves. */
  @state() private pointed: number | undefined;
  @state() private showsTable = false;
  @query('canvas') private canvas!: HTMLCanvasElement | null;
  @query('.area') private area!: HTMLElement;
  readonly #colors = new Colors(this);
  readonly #drawing = new FrameDraw(() => this.#paint());
  readonly #resized = new ResizeObserver(() => this.#drawing.ask());
  #observed: HTMLCanvasElement | undefined;

  static override styles = [
    shared,
    chartStyles,
    tableStyles,
    areaStyles,
    css`
      :host { display: flex; min-width: 0; min-height: 0; }
      figure { padding-bottom: 4px; }
      select, input { font: inherit; font-size: 12px; font-weight: 400; height: 24px; max-width: 15ch; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); }
      .read { color: var(--dim); min-height: 17px; line-height: 17px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
      @media (max-width: 760px) { .read { white-space: normal; } }
      .host { flex: 1; min-height: 150px; position: relative; border-radius: 4px; }
      .host[hidden] { display: none; }
      canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
      .area { top: 0; bottom: 0; }
      .end { margin-left: auto; display: inline-flex; align-items: center; }
      .empty { color: var(--dim); padding: 20px 8px; text-align: center; display: grid; gap: 8px; justify-items: center; }
    `,
  ];

  get #names(): readonly string[] {
    return this.lab.summaries?.[this.lab.mapRun]?.weightLayers ?? [];
  }

  /** The chosen weight; of a run that has fewer, its last. */
  get #chosen(): number {
    return Math.min(this.pointed ?? this.lab.looks.weight, Math.max(0, this.#names.length - 1));
  }

  /** Whether the map is of one weight over the iterations. */
  get #isOver(): boolean {
    return this.lab.looks.across === 'iterations';
  }

  /** First and last position in view on the axis of iterations. */
  get #range(): Span {
    const [from, to] = visibleRange(this.lab).map(iterationScale(this.lab).position);
    return [from, to];
  }

  get #records(): readonly LayerRecord[] {
    const records = this.lab.traces?.[this.lab.mapRun]?.layers ?? [];
    return records.length > 0 && records[0].histogram.length > 0 ? records : [];
  }

  /** The record under the crosshair, else the latest. */
  get #record(): LayerRecord | undefined {
    const trace = this.lab.traces?.[this.lab.mapRun];
    return trace && this.#records.length > 0 ? recordAt(trace, this.lab.hover ?? Number.POSITIVE_INFINITY) : undefined;
  }

  override render(): TemplateResult {
    const { lab } = this;
    const record = this.#record;
    const own = record && histogramOf(record.histogram, this.#chosen);
    const words = record && own ? this.#words(record, own) : '';
    const heading = 'Histogram of log₂ |∂L/∂w|';
    return html`<figure>
      <figcaption>
        <span title="Of a weight’s gradient before clipping; colour and bars: share of its numbers">${heading}</span>
        ${runChooser(this, 'Run shown in the histograms', lab.experiments.length, lab.mapRun)}
        <span class="seg" role="group" aria-label="Across">
          ${(['iterations', 'weights'] as const).map((across) => html`<button aria-pressed=${lab.looks.across === across} @click=${() => act(this, { type: 'look', change: { across } })}>× ${across === 'weights' ? 'layer' : 'iteration'}</button>`)}
        </span>
        ${this.#weights()}<slot name="tools"></slot>
        <span class="end"><button class="quiet table-button" title="Data table" aria-pressed=${this.showsTable} aria-label="${heading}: data table" @click=${this.#toggleTable}>▤</button>
        <nabla-chart-menu heading="Histogram" .unit=${`run ${runName(lab.mapRun)} ${words}`} .figure=${this as HTMLElement} .settings=${() => settingsLines(lab)} .table=${this.#data} .picture=${this.#picture}></nabla-chart-menu></span>
      </figcaption>
      <div class="read num" aria-live=${this.matches(':focus-within') ? 'polite' : 'off'} title=${words}>${words}</div>
      ${own ? '' : this.#empty()}
      <div class="host" ?hidden=${this.showsTable || !own} role="img" tabindex="0" aria-roledescription="chart" aria-keyshortcuts="${this.#isOver ? CHART_KEYS : WALK_KEYS} ArrowUp ArrowDown"
        aria-label="${heading}, run ${runName(lab.mapRun)}. ${words}" @keydown=${this.#key}>
        <canvas></canvas><div class="area"></div>
      </div>
      ${this.showsTable && own ? dataTable(`${heading}, ${words}`, histogramTable(own)) : ''}
    </figure>`;
  }

  /** What is drawn: one weight over the iterations, or all of them at one. */
  readonly #data = (): Table => {
    const all = this.#names.map((name, index) => ({ name, index }));
    const record = this.#record;
    return this.#isOver
      ? histogramData(this.#records, all.slice(this.#chosen, this.#chosen + 1))
      : histogramData(record ? [record] : [], all);
  };

  #weights(): TemplateResult {
    const names = this.#names;
    const label = html`<span class="hidden">Weight whose gradient is shown</span>`;
    // Thousands of options would be laid out anew with every record.
    if (names.length > MOST_OPTIONS)
      return html`<label>${label}<input type="number" min="0" max=${names.length - 1} .value=${String(this.#chosen)} @change=${this.#choose}></label>`;
    return html`<label>${label}<select @change=${this.#choose}>
      ${names.map((name, l) => html`<option value=${l} .selected=${l === this.#chosen}>${name}</option>`)}
    </select></label>`;
  }

  #words(record: LayerRecord, own: Histogram): string {
    const name = this.#names[this.#chosen] ?? '';
    return `@ ${formatCount(record.iteration)}  ${name}, ${formatCount(countOf(own))} numbers: ${histogramWords(own)}`;
  }

  #empty(): TemplateResult {
    const { lab } = this;
    const isAsked = lab.experiments[lab.mapRun]?.probes.histograms;
    if (isAsked) return html`<p class="empty">Waiting for the first iteration.</p>`;
    return html`<div class="empty"><p>Run ${runName(lab.mapRun)} records none: probes.histograms is off, since they take some time and memory.</p>
      <button @click=${this.#ask}>Record them, from the start</button></div>`;
  }

  readonly #ask = (): void => {
    // Of the run that is shown, whichever the controls edit.
    act(this, { type: 'target', target: this.lab.mapRun });
    act(this, { type: 'edit', path: 'probes.histograms', value: true, text: 'true' });
  };

  readonly #picture = (caption: Caption): Promise<SVGElement> | undefined => {
    const { clientWidth = 0, clientHeight = 0 } = this.canvas ?? {};
    const paint: Panel['paint'] = (context, width, height) => {
      const drawn = this.#drawn(width, height);
      if (drawn) paintHistograms(context, width, height, drawn, this.#colors);
    };
    return clientWidth > 0 && this.#record
      ? mapPicture(this, [{ paint, aspect: clientHeight / clientWidth }], caption)
      : undefined;
  };

  override firstUpdated(): void {
    listenOnArea(this.area, this, {
      range: () => (this.#isOver ? this.#range : undefined),
      hover: (at) => (this.#isOver ? this.#hover(at?.x) : this.#hoverWeight(at?.x)),
    });
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('theme')) this.#colors.clear();
    if (this.canvas && this.canvas !== this.#observed) {
      this.#observed = this.canvas;
      this.#resized.observe(this.canvas);
    }
    this.#drawing.ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#observed = undefined;
  }

  #toggleTable(): void {
    this.showsTable = !this.showsTable;
  }

  #pick(weight: number): void {
    this.pointed = undefined;
    act(this, { type: 'look', change: { weight } });
  }

  readonly #choose = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement | HTMLInputElement;
    this.#pick(Math.min(this.#names.length - 1, Math.max(0, Math.trunc(Number(value)) || 0)));
  };

  #paint(): void {
    const { canvas } = this;
    const { clientWidth: width = 0, clientHeight: height = 0 } = canvas ?? {};
    const drawn = width > 180 && height > 100 ? this.#drawn(width, height) : undefined;
    if (!canvas || !drawn) return;
    const { map } = layoutOf(width, height);
    Object.assign(this.area.style, { left: `${map.left}px`, width: `${map.width}px` });
    const scale = window.devicePixelRatio;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d');
    context?.scale(scale, scale);
    if (context) paintHistograms(context, width, height, drawn, this.#colors);
  }

  #drawn(width: number, height: number): Drawn | undefined {
    const { lab } = this;
    const record = this.#record;
    if (!record) return undefined;
    const scale = iterationScale(lab);
    const range = visibleRange(lab);
    const isOver = this.#isOver;
    const columns = Math.round(layoutOf(width, height).map.width);
    const names = this.#names;
    const grid = isOver ? overIterations(this.#records, this.#chosen, scale, range, columns) : overWeights(record, names.length);
    const own = histogramOf(record.histogram, this.#chosen);
    const count = countOf(own);
    const [from, to] = this.#range;
    const share = (x: number) => (x - from) / (to - from);
    const place = isOver ? share(scale.position(record.iteration)) : (this.#chosen + 0.5) / names.length;
    const ticks = isOver
      ? scale.ticks(range[0], range[1], columns / 70).map((tick) => ({ ...tick, share: share(tick.at) }))
      : layerTicks(names, columns);
    return {
      grid,
      bars: { shares: barsOf(own, grid), zero: own.zeros / count, inf: own.infinities / count, nan: own.nans / count },
      at: place >= 0 && place <= 1 && (!isOver || lab.hover !== undefined) ? place : undefined,
      moments: isOver ? momentsOf(lab, scale).flatMap(({ x }) => (x >= from && x <= to ? [share(x)] : [])) : [],
      ticks,
    };
  }

  /** @param share of the map's width */
  #hover(share: number | undefined): void {
    const [from, to] = this.#range;
    emit(this, 'chart-hover', share === undefined ? undefined : from + share * (to - from));
  }

  #hoverWeight(share: number | undefined): void {
    if (share !== undefined) this.pointed = Math.min(this.#names.length - 1, Math.floor(share * this.#names.length));
    else if (this.pointed !== undefined) this.#pick(this.pointed);
  }

  /** Up and down through the weights, left and right too where they lie side by side; the others as in every chart. */
  readonly #key = (event: KeyboardEvent): void => {
    const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const through = { ArrowUp: 1, ArrowDown: -1 }[event.key] ?? (this.#isOver ? undefined : across);
    if (!through) {
      const { position } = iterationScale(this.lab);
      const record = this.lab.hover === undefined ? undefined : this.#record;
      actOnChartKey(this, event, {
        xs: this.#records.map(({ iteration }) => position(iteration)),
        range: this.#range,
        at: record && position(record.iteration),
        fixed: !this.#isOver,
      });
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.#pick(Math.min(this.#names.length - 1, Math.max(0, this.#chosen + through)));
  };
}

/** Numbers of the weights in the middle of their columns, as many as there is room for. */
function layerTicks(names: readonly string[], width: number): Drawn['ticks'] {
  const stride = Math.max(1, Math.ceil((names.length * 28) / width));
  return names.flatMap((_, l) => (l % stride === 0 ? [{ at: l, label: String(l), share: (l + 0.5) / names.length }] : []));
}
