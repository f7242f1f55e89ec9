/** The layer × iteration map of one run: colour is the gradient's norm, hatching is what is not finite. */
import { css, html, LitElement, type PropertyValues, type TemplateResult, unsafeCSS } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { areaStyles, listenOnArea } from './chart/area.ts';
import { chartStyles } from './chart/chart-styles.ts';
import type { Caption } from './chart/figure.ts';
import type { Panel } from './chart/figure-map.ts';
import { FrameDraw } from './chart/frame-draw.ts';
import type { Span } from './chart/gestures.ts';
import { actOnChartKey, CHART_KEYS } from './chart/keys.ts';
import './chart/menu.ts';
import { mapPicture } from './chart/picture.ts';
import { Colors } from './colors.ts';
import { emit } from './events.ts';
import type { Moment, Table, Tick } from './frame.ts';
import { BOTTOM, cellsOf, LEFT, type MapCells, type MapDrawing, paintMap, RIGHT, TOP } from './layer-map-paint.ts';
import { axisLabel, LAYER_QUANTITY, type LayerQuantity, mayBeNone } from './layer-quantity.ts';
import type { MapGrid } from './map-data.ts';
import { runChooser } from './run-chooser.ts';
import { type RunIndex, runName } from './runs.ts';
import { shared } from './styles.ts';
import { dataTable, tableStyles } from './table.ts';
import { turn } from './turns.ts';

@customElement('nabla-layer-map')
export class LayerMap extends LitElement {
  /** Builds the grid for as many columns as fit. */
  @property({ attribute: false }) grid: ((columns: number) => MapGrid) | undefined;
  @property({ attribute: false }) ticks: readonly Tick[] = [];
  /** First and last position on the x axis. */
  @property({ attribute: false }) range: Span = [0, 1];
  /** Positions of the records, over which the keys walk. */
  @property({ attribute: false }) xs: () => readonly number[] = () => [];
  @property({ attribute: false }) moments: readonly Moment[] = [];
  @property({ attribute: false }) at: number | undefined;
  @property({ attribute: false }) run: RunIndex = 0;
  /** How many there are to choose from. */
  @property({ attribute: false }) runs = 1;
  @property() quantity: LayerQuantity = 'gradient';
  /** What a row is. */
  @property() unit: 'layer' | 'step' = 'layer';
  /** `h0`: what the steps are of. */
  @property() of = '';
  /** What the cells say at the crosshair, of one row or of all. */
  @property({ attribute: false }) readout: (row: number | undefined) => string = () => '';
  @property() summary = '';
  @property() theme = '';
  @property({ attribute: false }) table: () => Table = () => ({ columns: [], rows: [] });
  /** All of its data, as it is exported; by default what the table shows. */
  @property({ attribute: false }) data: (() => Table) | undefined;
  /** What the runs are, a line each, for pictures. */
  @property({ attribute: false }) settings: () => readonly string[] = () => [];
  @state() private showsTable = false;
  /** The layer or step that is read out. */
  @state() private row: number | undefined;
  @query('canvas') private canvas!: HTMLCanvasElement;
  @query('.area') private area!: HTMLElement;
  readonly #colors = new Colors(this);
  #cells: MapCells | undefined;
  readonly #picture = (caption: Caption): Promise<SVGElement> | undefined => {
    const { clientWidth, clientHeight } = this.canvas;
    const paint: Panel['paint'] = (context, width, height) => {
      const drawing = { ...this.#drawn, at: undefined, row: undefined, cells: this.#cellsOf(width) };
      paintMap(context, { width, height }, drawing, this.#colors);
    };
    return this.#cells && mapPicture(this, [{ paint, aspect: clientHeight / clientWidth }], caption);
  };
  readonly #drawing = new FrameDraw(() => this.#paint());
  /** The cells have changed, not only the crosshair. */
  #isAnew = false;
  #resized = new ResizeObserver(() => {
    const { canvas } = this;
    if (canvas.width !== pixels(canvas.clientWidth) || canvas.height !== pixels(canvas.clientHeight)) this.#ask(true);
  });

  static override styles = [
    shared,
    chartStyles,
    tableStyles,
    areaStyles,
    css`
      :host { display: flex; min-width: 0; min-height: 0; }
      figure { padding-bottom: 4px; }
      .read { color: var(--dim); min-height: 17px; line-height: 17px; white-space: pre; overflow: hidden; text-overflow: ellipsis; }
      .host { flex: 1; min-height: 110px; position: relative; border-radius: 4px; }
      .host[hidden] { display: none; }
      canvas { position: absolute; inset: 0; width: 100%; height: 100%; }
      .area { inset: ${unsafeCSS(`${TOP}px ${RIGHT}px ${BOTTOM}px ${LEFT}px`)}; }
      select { font: inherit; font-size: 12px; font-weight: 400; height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); }
      .end { margin-left: auto; display: inline-flex; align-items: center; }
    `,
  ];

  override render(): TemplateResult {
    const { label, text } = LAYER_QUANTITY[this.quantity];
    const [heading, named] = this.unit === 'step' ? ['Time step × iteration', 'Time step'] : ['Layer × iteration', 'Layer'];
    const of = this.of === '' ? '' : ` of ${this.of}`;
    return html`<figure>
      <figcaption>
        <span>${heading}</span>
        <small>${label}${of}, hatched: ${mayBeNone(this.quantity) ? 'none' : 'not finite'}</small>
        ${runChooser(this, 'Run shown in the map', this.runs, this.run)}<slot name="tools"></slot>
        <span class="end"><button class="quiet table-button" title="Data table" aria-pressed=${this.showsTable} aria-label="${heading}: data table" @click=${this.#toggleTable}>▤</button>
        <nabla-chart-menu .heading=${heading} .unit=${`${label}${of}, run ${runName(this.run)}`} .figure=${this as HTMLElement} .settings=${this.settings} .table=${this.data ?? this.table} .picture=${this.#picture}></nabla-chart-menu></span>
      </figcaption>
      <div class="read num" aria-live=${this.matches(':focus-within') ? 'polite' : 'off'}>${this.readout(this.row)}</div>
      <div
        class="host" ?hidden=${this.showsTable} role="img" tabindex="0" aria-roledescription="chart" aria-keyshortcuts="${CHART_KEYS} ArrowUp ArrowDown"
        aria-label="${named} by iteration map of run ${runName(this.run)}, ${text}${this.of === '' ? '' : `; ${this.of}`}. ${this.summary}"
        @keydown=${this.#key}
      >
        <canvas></canvas><div class="area"></div>
      </div>
      ${this.showsTable ? dataTable(heading, this.table()) : ''}
    </figure>`;
  }

  override firstUpdated(): void {
    this.#resized.observe(this.canvas);
    listenOnArea(this.area, this, {
      range: () => this.range,
      hover: (at) => {
        this.row = at && this.#rows > 0 ? Math.min(this.#rows - 1, Math.floor(at.y * this.#rows)) : undefined;
        emit(this, 'chart-hover', at && this.range[0] + at.x * (this.range[1] - this.range[0]));
      },
    });
  }

  protected override async scheduleUpdate(): Promise<void> {
    await turn();
    await super.scheduleUpdate();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('theme')) this.#colors.clear();
    this.#ask(changed.has('grid') || changed.has('theme'));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  #toggleTable(): void {
    this.showsTable = !this.showsTable;
  }

  /** Layers or steps that are drawn. */
  get #rows(): number {
    return this.#cells?.image.height ?? 0;
  }

  /** Up and down through the rows, the others as in every chart. */
  readonly #key = (event: KeyboardEvent): void => {
    const down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === 'Escape') this.row = undefined;
    if (!down) {
      actOnChartKey(this, event, { xs: this.xs(), range: this.range, at: this.at });
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (this.#rows === 0) return;
    const from = this.row ?? (down > 0 ? -1 : this.#rows);
    this.row = Math.min(this.#rows - 1, Math.max(0, from + down * (event.shiftKey ? 10 : 1)));
  };

  #ask(anew: boolean): void {
    this.#isAnew ||= anew;
    this.#drawing.ask();
  }

  #paint(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (width < LEFT + RIGHT + 20 || height < 40) return;
    this.canvas.width = pixels(width);
    this.canvas.height = pixels(height);
    const context = this.canvas.getContext('2d');
    if (!context) return;
    context.scale(window.devicePixelRatio, window.devicePixelRatio);
    if (this.#isAnew || !this.#cells) this.#cells = this.#cellsOf(width);
    this.#isAnew = false;
    paintMap(context, { width, height }, { ...this.#drawn, cells: this.#cells }, this.#colors);
  }

  /** What is drawn, but for its cells. */
  get #drawn(): Omit<MapDrawing, 'cells'> {
    const { range, ticks, unit, quantity, moments, at, row } = this;
    return { range, ticks, unit, label: axisLabel(quantity), moments, at, row };
  }

  /** As many columns as a canvas of that width has pixels for. */
  #cellsOf(width: number): MapCells | undefined {
    return cellsOf(this.grid?.(Math.round(width - LEFT - RIGHT)));
  }
}

const pixels = (length: number) => Math.round(length * window.devicePixelRatio);
