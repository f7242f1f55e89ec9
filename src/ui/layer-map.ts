/** The layer × iteration map of one run: colour is the gradient's norm, hatching is what is not finite. */
import { css, html, LitElement, type PropertyValues, type TemplateResult, unsafeCSS } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { areaStyles, listenOnArea } from './chart/area.ts';
import { chartStyles } from './chart/chart-styles.ts';
import type { Caption } from './chart/figure.ts';
import { FrameDraw } from './chart/frame-draw.ts';
import type { Span } from './chart/gestures.ts';
import { actOnChartKey, CHART_KEYS } from './chart/keys.ts';
import './chart/menu.ts';
import { paintMoments } from './chart/moments.ts';
import { canvasPicture } from './chart/picture.ts';
import { Colors } from './colors.ts';
import { emit } from './events.ts';
import type { Moment, Table, Tick } from './frame.ts';
import { inferno } from './inferno.ts';
import { axisLabel, LAYER_QUANTITY, type LayerQuantity, mayBeNone } from './layer-quantity.ts';
import type { MapGrid } from './map-data.ts';
import { runChooser } from './run-chooser.ts';
import { type RunIndex, runName } from './runs.ts';
import { shared } from './styles.ts';
import { dataTable, tableStyles } from './table.ts';
import { turn } from './turns.ts';

const LEFT = 48;
const RIGHT = 66;
const BOTTOM = 20;
const TOP = 4;
const FONT = '11px ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace';

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
  #image: HTMLCanvasElement | undefined;
  /** First and last column with a cell that is not finite. */
  #broken: readonly [number, number] | undefined;
  #domain: readonly [number, number] = [0, 1];
  readonly #picture = (caption: Caption): Promise<SVGElement> | undefined => {
    const { canvas } = this;
    return this.#image && canvasPicture(this, [{ canvas }], caption);
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
    return this.#image?.height ?? 0;
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
    const inner = { width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
    context.fillStyle = this.#colors.of('--raise');
    context.fillRect(LEFT, TOP, inner.width, inner.height);
    if (this.#isAnew || !this.#image) this.#draw(Math.round(inner.width));
    this.#isAnew = false;
    context.imageSmoothingEnabled = false;
    if (this.#image) {
      if (this.#broken)
        hatch(context, this.#broken, this.#image.width, inner, this.#colors.of('--panel'), this.#colors.of('--faint'));
      context.drawImage(this.#image, LEFT, TOP, inner.width, inner.height);
    }
    this.#labels(context, inner, this.#rows || 1);
    this.#point(context, inner);
  }

  /** One pixel a cell: transparent where there is no record or none that is finite. */
  #draw(columns: number): void {
    const grid = this.grid?.(columns);
    this.#image = undefined;
    this.#broken = undefined;
    if (!grid || grid.layers === 0) return;
    this.#domain = [grid.low, grid.high];
    const image = document.createElement('canvas');
    image.width = columns;
    image.height = grid.layers;
    const context = image.getContext('2d');
    if (!context) return;
    const pixels = context.createImageData(columns, grid.layers);
    for (let p = 0; p < columns; p++) {
      if (!grid.filled[p]) continue;
      for (let l = 0; l < grid.layers; l++) {
        const value = grid.cells[p * grid.layers + l];
        const at = 4 * (l * columns + p);
        if (Number.isNaN(value)) {
          this.#broken = [this.#broken?.[0] ?? p, p];
          continue;
        }
        const [r, g, b] = inferno((value - grid.low) / (grid.high - grid.low));
        pixels.data.set([r, g, b, 255], at);
      }
    }
    context.putImageData(pixels, 0, 0);
    this.#image = image;
  }

  #labels(context: CanvasRenderingContext2D, inner: Size, layers: number): void {
    context.font = FONT;
    context.fillStyle = this.#colors.of('--faint');
    context.textAlign = 'right';
    context.fillText('0', LEFT - 4, TOP + 9);
    context.fillText(String(layers - 1), LEFT - 4, TOP + inner.height - 1);
    context.fillText(this.unit, LEFT - 4, TOP + inner.height / 2 + 3);
    context.textAlign = 'center';
    const span = this.range[1] - this.range[0];
    for (const { at, label } of this.ticks)
      context.fillText(label, LEFT + ((at - this.range[0]) / span) * inner.width, TOP + inner.height + 14);
    const left = LEFT + inner.width + 12;
    for (let y = 0; y < inner.height; y++) {
      context.fillStyle = `rgb(${inferno(1 - y / inner.height).join(' ')})`;
      context.fillRect(left, TOP + y, 10, 1.5);
    }
    context.fillStyle = this.#colors.of('--faint');
    context.textAlign = 'left';
    const label = axisLabel(this.quantity);
    context.fillText(label(this.#domain[1]), left + 14, TOP + 9);
    context.fillText(label(this.#domain[0]), left + 14, TOP + inner.height);
  }

  /** Changes in mid-run, and the crosshair: the iteration of all charts, and the row that is read out. */
  #point(context: CanvasRenderingContext2D, inner: Size): void {
    const { at, row } = this;
    const [from, to] = this.range;
    const placed = (xs: readonly number[]) =>
      xs.filter((x) => x >= from && x <= to).map((x) => LEFT + ((x - from) / (to - from)) * inner.width);
    paintMoments(context, placed(this.moments.map(({ x }) => x)), TOP, inner.height, this.#colors);
    context.fillStyle = this.#colors.of('--text');
    for (const x of placed(at === undefined ? [] : [at])) context.fillRect(x, TOP, 1, inner.height);
    // Beside the frame, so that it covers no cell.
    if (row === undefined || row >= this.#rows) return;
    const y = TOP + ((row + 0.5) / this.#rows) * inner.height;
    context.beginPath();
    context.moveTo(LEFT + inner.width + 1, y);
    context.lineTo(LEFT + inner.width + 8, y - 4);
    context.lineTo(LEFT + inner.width + 8, y + 4);
    context.fill();
  }
}

const pixels = (length: number) => Math.round(length * window.devicePixelRatio);

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Diagonal lines over a span of columns; finite cells are painted over them. */
function hatch(
  context: CanvasRenderingContext2D,
  [first, last]: readonly [number, number],
  columns: number,
  inner: Size,
  paper: string,
  ink: string,
): void {
  const left = LEFT + (first / columns) * inner.width;
  const width = ((last - first + 1) / columns) * inner.width;
  context.save();
  context.beginPath();
  context.rect(left, TOP, width, inner.height);
  context.clip();
  context.fillStyle = paper;
  context.fillRect(left, TOP, width, inner.height);
  context.strokeStyle = ink;
  context.globalAlpha = 0.55;
  context.beginPath();
  for (let x = left - inner.height; x < left + width; x += 7) {
    context.moveTo(x, TOP + inner.height);
    context.lineTo(x + inner.height, TOP);
  }
  context.stroke();
  context.restore();
}
