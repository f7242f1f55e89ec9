/** The layer × iteration map of one run: colour is the gradient's norm, hatching is what is not finite. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { chartStyles } from './chart/chart-styles.ts';
import type { Caption } from './chart/figure.ts';
import { FrameDraw } from './chart/frame-draw.ts';
import { listenForGestures } from './chart/gestures.ts';
import './chart/menu.ts';
import { canvasPicture } from './chart/picture.ts';
import { Colors } from './colors.ts';
import { emit } from './events.ts';
import type { Table, Tick } from './frame.ts';
import { inferno } from './inferno.ts';
import { axisLabel, LAYER_QUANTITY, type LayerQuantity } from './layer-quantity.ts';
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
  @property({ attribute: false }) range: readonly [number, number] = [0, 1];
  @property({ attribute: false }) at: number | undefined;
  @property({ attribute: false }) run: RunIndex = 0;
  /** How many there are to choose from. */
  @property({ attribute: false }) runs = 1;
  @property() quantity: LayerQuantity = 'gradient';
  /** What a row is. */
  @property() unit: 'layer' | 'step' = 'layer';
  /** `h0`: what the steps are of. */
  @property() of = '';
  @property() readout = '';
  @property() summary = '';
  @property() theme = '';
  @property({ attribute: false }) table: () => Table = () => ({ columns: [], rows: [] });
  /** All of its data, as it is exported; by default what the table shows. */
  @property({ attribute: false }) data: (() => Table) | undefined;
  /** What the runs are, a line each, for pictures. */
  @property({ attribute: false }) settings: () => readonly string[] = () => [];
  @state() private showsTable = false;
  @query('canvas') private canvas!: HTMLCanvasElement;
  readonly #colors = new Colors(this);
  #image: HTMLCanvasElement | undefined;
  /** First and last column with a cell that is not finite. */
  #broken: readonly [number, number] | undefined;
  #domain: readonly [number, number] = [0, 1];
  #deaf: () => void = () => undefined;
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
    css`
      :host { display: flex; min-width: 0; min-height: 0; }
      figure { padding-bottom: 4px; }
      .read { color: var(--dim); min-height: 17px; line-height: 17px; white-space: pre; overflow: hidden; text-overflow: ellipsis; }
      .host { flex: 1; min-height: 110px; position: relative; border-radius: 4px; }
      .host[hidden] { display: none; }
      canvas { position: absolute; inset: 0; width: 100%; height: 100%; touch-action: pan-y; cursor: crosshair; }
      select { font: inherit; font-size: 12px; font-weight: 400; height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); }
      .end { margin-left: auto; display: inline-flex; align-items: center; }
    `,
  ];

  override render(): TemplateResult {
    const { label, text } = LAYER_QUANTITY[this.quantity];
    const hasNone = this.quantity === 'blocked' || this.quantity === 'gateSaturated';
    const [heading, named] = this.unit === 'step' ? ['Time step × iteration', 'Time step'] : ['Layer × iteration', 'Layer'];
    const of = this.of === '' ? '' : ` of ${this.of}`;
    return html`<figure>
      <figcaption>
        <span>${heading}</span>
        <small>${label}${of}, hatched: ${hasNone ? 'none' : 'not finite'}</small>
        ${runChooser(this, 'Run shown in the map', this.runs, this.run)}<slot name="tools"></slot>
        <span class="end"><button class="quiet table-button" title="Data table" aria-pressed=${this.showsTable} aria-label="${heading}: data table" @click=${this.#toggleTable}>▤</button>
        <nabla-chart-menu .heading=${heading} .unit=${`${label}${of}`} .figure=${this as HTMLElement} .settings=${this.settings} .table=${this.data ?? this.table} .picture=${this.#picture}></nabla-chart-menu></span>
      </figcaption>
      <div class="read num">${this.readout}</div>
      <div class="host" ?hidden=${this.showsTable} role="img" aria-label="${named} by iteration map of run ${runName(this.run)}, ${text}${this.of === '' ? '' : `; ${this.of}`}. ${this.summary}">
        <canvas @pointermove=${this.#hover} @pointerleave=${() => emit(this, 'chart-hover', undefined)} @dblclick=${() => emit(this, 'chart-reset', { all: true })}></canvas>
      </div>
      ${this.showsTable ? dataTable(heading, this.table()) : ''}
    </figure>`;
  }

  override firstUpdated(): void {
    this.#resized.observe(this.canvas);
    this.#deaf = listenForGestures(this.canvas, {
      range: () => this.range,
      view: (range, isFirst) => emit(this, isFirst ? 'chart-zoom' : 'chart-view', range),
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
    this.#deaf();
  }

  #toggleTable(): void {
    this.showsTable = !this.showsTable;
  }

  readonly #hover = (event: PointerEvent): void => {
    const width = this.canvas.clientWidth - LEFT - RIGHT;
    const share = (event.offsetX - LEFT) / width;
    emit(this, 'chart-hover', share < 0 || share > 1 ? undefined : this.range[0] + share * (this.range[1] - this.range[0]));
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
    const layers = this.#image?.height ?? 1;
    if (this.#image) {
      if (this.#broken)
        hatch(context, this.#broken, this.#image.width, inner, this.#colors.of('--panel'), this.#colors.of('--faint'));
      context.drawImage(this.#image, LEFT, TOP, inner.width, inner.height);
    }
    this.#labels(context, inner, layers);
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
    if (this.at === undefined || this.at < this.range[0] || this.at > this.range[1]) return;
    context.fillStyle = this.#colors.of('--text');
    context.fillRect(LEFT + ((this.at - this.range[0]) / span) * inner.width, TOP, 1, inner.height);
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
