/** Parallel coordinates of a sweep: a line per run across its axes and outcomes, runs that diverged in a band of their own. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { formatCount } from '../../metrics/format.ts';
import { chartStyles } from '../chart/chart-styles.ts';
import { Colors } from '../colors.ts';
import { shared } from '../styles.ts';
import { dataTable, tableStyles } from '../table.ts';
import '../chart/menu.ts';
import type { Caption } from '../chart/figure.ts';
import type { Panel } from '../chart/figure-map.ts';
import { mapPicture } from '../chart/picture.ts';
import { goodIsBright } from './map-paint.ts';
import { OUTCOMES, type OutcomeId, outcomeOf } from './outcomes.ts';
import { BAND_HEIGHT, BOTTOM, TOP } from './parallel-axis.ts';
import { sweepLines } from './sweep-lines.ts';
import './parallel-axis.ts';
import { coloursOf, type Dimension, dimensionsOf, parallelTable, summarizeParallel } from './parallel-data.ts';
import { LinePainter, type Lines } from './parallel-paint.ts';
import { paintAxes } from './parallel-picture.ts';
import { countFinished, divergedColumn } from './run-columns.ts';
import { runData } from './run-file.ts';
import type { Selected } from './selection.ts';
import { type OpenSweep, type SweepViewState, tell } from './state.ts';

/** Room on either side, and at least between two axes. */
const SIDE = 30;
const LEAST_GAP = 84;
/** Pixels within which the pointer finds a line. */
const REACH = 8;

@customElement('nabla-sweep-parallel')
export class SweepParallel extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  @property({ attribute: false }) selected: Selected | undefined;
  @property() theme = '';
  @state() private showsTable = false;
  @state() private width = 0;
  @state() private height = 0;
  /** Point under the pointer. */
  @state() private pointed: number | undefined;
  @query('canvas') private canvas!: HTMLCanvasElement | null;
  @query('.frame') private frame!: HTMLElement | null;
  readonly #colors = new Colors(this);
  readonly #painter = new LinePainter((image) => this.#take(image));
  readonly #resized = new ResizeObserver(() => this.#measure());
  #dimensions: readonly Dimension[] = [];
  /** Those that there was last made room for. */
  #measured: readonly Dimension[] = [];
  #colours: Float32Array = new Float32Array();
  #drawn: SweepViewState | undefined;
  #image: HTMLCanvasElement | undefined;
  #selections = 0;

  static override styles = [
    shared,
    chartStyles,
    tableStyles,
    css`
      :host { display: flex; min-width: 0; flex: 1; }
      figure { gap: 4px; min-height: auto; }
      .read { color: var(--dim); min-height: 18px; line-height: 18px; overflow-wrap: anywhere; }
      .frame { flex: 1; min-height: 250px; overflow-x: auto; overflow-y: hidden; position: relative; }
      .host { position: relative; height: 100%; min-height: 250px; }
      canvas { position: absolute; inset: 0; cursor: pointer; }
      .table-button { margin-left: auto; }
      details { font-weight: 400; font-size: 12px; } summary { cursor: pointer; color: var(--accent); min-height: 24px; line-height: 24px; }
      fieldset { border: 0; margin: 0; padding: 0 0 4px; display: flex; flex-wrap: wrap; gap: 2px 14px; }
      label { display: inline-flex; gap: 5px; align-items: center; min-height: 24px; } label input { width: 16px; height: 16px; accent-color: var(--accent); }
      @media (max-width: 760px) { .frame { min-height: 330px; } label, summary { min-height: 34px; } }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated && this.frame) this.#resized.observe(this.frame);
  }

  override firstUpdated(): void {
    if (this.frame) this.#resized.observe(this.frame);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.#painter.stop();
  }

  #measure(): void {
    if (!this.frame || this.showsTable) return;
    this.#measured = this.#dimensions;
    this.width = Math.max(this.frame.clientWidth, 2 * SIDE + LEAST_GAP * (this.#dimensions.length - 1));
    this.height = this.frame.clientHeight;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { open, revision, view, columns } = this.sweep;
    const old = this.#drawn;
    if (changed.has('selected')) this.#selections++;
    const same = old?.open === open && old?.revision === revision && old.view.outcome === view.outcome && old.columns === columns;
    if (!open || same) return;
    this.#drawn = this.sweep;
    this.pointed = undefined;
    this.#dimensions = dimensionsOf(open.table, columns);
    this.#colours = coloursOf(open.table, this.#colourOf());
  }

  readonly #picture = (caption: Caption): Promise<SVGElement> | undefined => {
    const { sweep, width, height } = this;
    const image = this.#image;
    if (!image || !sweep.open || this.showsTable) return undefined;
    // The lines are counted for the page's size and stretched; axes and words are drawn for the picture's.
    const paint: Panel['paint'] = (context, wide, high) => {
      context.drawImage(image, 0, 0, wide, high);
      const across = wide / width;
      const axes = {
        dimensions: this.#dimensions,
        selection: sweep.selection,
        xs: this.#xs().map((x) => x * across),
        gap: this.#gap() * across,
        row: (at: number) => (this.#row(at, 0) * high) / height,
      };
      paintAxes(context, axes, this.#colors);
    };
    return mapPicture(this, [{ paint, aspect: height / width }], caption);
  };

  override render(): TemplateResult {
    const { open, selection } = this.sweep;
    if (!open) return html``;
    const { table } = open;
    const outcome = this.#colourOf();
    return html`<figure aria-label="Parallel coordinates">
      <figcaption><span>Parallel coordinates</span><small>a line per finished run, colour: ${outcome.label.toLowerCase()}; brightness: how many; drag along an axis to select</small>
        <button class="quiet table-button" title="Data table" aria-pressed=${this.showsTable} aria-label="Parallel coordinates: data table" @click=${this.#toggleTable}>▤</button>
        <nabla-chart-menu heading="Parallel coordinates" .unit=${`axes from left to right: ${this.#dimensions.map(({ name }) => name).join(', ')}; colour: ${outcome.label.toLowerCase()}`} .figure=${this as HTMLElement} .settings=${() => sweepLines(open)}
          .table=${() => runData(table, this.selected)} .picture=${this.#picture}></nabla-chart-menu>
      </figcaption>
      <details><summary>Outcomes shown</summary><fieldset><legend class="hidden">Outcomes shown</legend>
        ${OUTCOMES.map(({ id, label }) => html`<label><input type="checkbox" .checked=${this.sweep.columns.includes(id)} @change=${() => this.#toggle(id)} />${label}</label>`)}
      </fieldset></details>
      <div class="read num">${this.#readout(open)}</div>
      ${this.showsTable ? dataTable('Parallel coordinates', parallelTable(table, this.#dimensions, this.selected)) : ''}
      <div class="frame" ?hidden=${this.showsTable} role="region" aria-label="Axes" tabindex="-1"><div class="host" style="width: ${this.width}px">
        <canvas role="img" aria-roledescription="parallel coordinates" aria-label=${summarizeParallel(table, this.#dimensions, this.selected)}
          @pointermove=${this.#hover} @pointerleave=${this.#leave} @click=${this.#open}></canvas>
        ${this.#dimensions.map(
          (
            dimension,
            k,
          ) => html`<nabla-sweep-parallel-axis style="left: ${this.#xs()[k]}px; --room: ${Math.round(this.#gap()) - 6}px" ?first=${k === 0}
            .dimension=${dimension} .selected=${this.selected} .brush=${selection.find(({ column }) => column === dimension.column)}></nabla-sweep-parallel-axis>`,
        )}
      </div></div>
    </figure>`;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('theme')) this.#colors.clear();
    if (changed.has('showsTable' as keyof SweepParallel) || this.#dimensions !== this.#measured) this.#measure();
    const { open } = this.sweep;
    if (!open || this.showsTable || this.width === 0 || this.#dimensions.length < 2) return;
    this.#painter.show(this.#lines(open), {
      ground: rgb(this.#colors.of('--dim')),
      broken: rgb(this.#colors.of('--bad')),
      flip: goodIsBright(this.#colourOf()),
    });
    this.#paint();
  }

  #gap(): number {
    return (this.width - 2 * SIDE) / Math.max(1, this.#dimensions.length - 1);
  }

  #xs(): number[] {
    return this.#dimensions.map((_, k) => Math.round(SIDE + k * this.#gap()));
  }

  /** Verdicts have no order: their lines are coloured by the loss. */
  #colourOf() {
    const { outcome } = this.sweep.view;
    return outcomeOf(outcome === 'verdict' || outcome === 'firstNonFinite' ? 'loss' : outcome);
  }

  #row(height: number, point: number): number {
    const spread = BAND_HEIGHT - 10;
    if (height > 1) return TOP + 3 + spread * ((point * 0.618033988749895) % 1);
    return TOP + BAND_HEIGHT + (this.height - TOP - BAND_HEIGHT - BOTTOM - 1) * (1 - height);
  }

  #lines({ table, sweepId }: OpenSweep): Lines {
    const { width, height } = this;
    const scale = Math.min(2, window.devicePixelRatio);
    const colour = this.#colourOf();
    const ends = this.#dimensions.map(({ column, position }) => `${column} ${position(0)} ${position(1)}`);
    return {
      key: [sweepId, width, height, scale, colour.id, this.#selections, ...ends].join(' '),
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      xs: this.#xs().map((x) => Math.round(x * scale)),
      dimensions: this.#dimensions,
      row: (own, point) => this.#row(own, point) * scale,
      points: table.arrived,
      colours: this.#colours,
      diverged: divergedColumn(table),
      mask: this.selected?.mask,
    };
  }

  #take(image: ImageData): void {
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d')?.putImageData(image, 0, 0);
    this.#image = canvas;
    this.#paint();
  }

  /** The lines as counted, and over them the run that is open and the one under the pointer. */
  #paint(): void {
    const { canvas, width, height } = this;
    const context = canvas?.getContext('2d');
    if (!canvas || !context) return;
    const scale = window.devicePixelRatio;
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    context.scale(scale, scale);
    if (this.#image) context.drawImage(this.#image, 0, 0, width, height);
    const { open, run } = this.sweep;
    const opened = run && open?.table.pointOf.get(run.id);
    if (opened !== undefined) this.#line(context, opened, '--accent', 2.5);
    if (this.pointed !== undefined) this.#line(context, this.pointed, '--text', 1.5);
  }

  #line(context: CanvasRenderingContext2D, point: number, token: string, width: number): void {
    const path = new Path2D();
    const xs = this.#xs();
    this.#dimensions.forEach(({ heights }, k) => {
      const before = k > 0 ? this.#dimensions[k - 1].heights[point] : Number.NaN;
      if (Number.isNaN(heights[point])) return;
      if (Number.isNaN(before)) path.moveTo(xs[k], this.#row(heights[point], point));
      else path.lineTo(xs[k], this.#row(heights[point], point));
    });
    for (const [color, w] of [
      [this.#colors.of('--panel'), width + 2],
      [this.#colors.of(token), width],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = w;
      context.stroke(path);
    }
  }

  #readout({ table }: OpenSweep): TemplateResult | string {
    const point = this.pointed;
    if (point === undefined) {
      const unfinished = table.points.length - countFinished(table);
      return unfinished > 0
        ? `${formatCount(unfinished)} runs have not finished and have no line yet.`
        : 'Point at a line to read its run; a click opens it.';
    }
    return this.#dimensions
      .map(({ name, heights, word }) => `${name} ${Number.isNaN(heights[point]) ? '–' : word(heights[point])}`)
      .join(' · ');
  }

  /** The line nearest to the pointer, one that is selected before others. */
  #find(x: number, y: number): number | undefined {
    const { open } = this.sweep;
    const xs = this.#xs();
    const k = xs.findIndex((own) => own > x);
    if (!open || k < 1) return undefined;
    const share = (x - xs[k - 1]) / (xs[k] - xs[k - 1]);
    const [left, right] = [this.#dimensions[k - 1].heights, this.#dimensions[k].heights];
    let [found, least] = [-1, REACH];
    for (const p of open.table.arrived) {
      if (this.selected && this.selected.mask[p] === 0) continue;
      const [a, b] = [this.#row(left[p], p), this.#row(right[p], p)];
      const far = Math.abs(a + share * (b - a) - y);
      if (far < least) [found, least] = [p, far];
    }
    return found < 0 ? undefined : found;
  }

  readonly #hover = (event: PointerEvent): void => {
    this.pointed = this.#find(event.offsetX, event.offsetY);
  };

  readonly #leave = (): void => {
    this.pointed = undefined;
  };

  readonly #open = (event: MouseEvent): void => {
    const point = this.#find(event.offsetX, event.offsetY);
    const id = point === undefined ? undefined : this.sweep.open?.table.points[point].id;
    if (id) tell(this, { type: 'run', id });
  };

  #toggle(id: OutcomeId): void {
    const { columns } = this.sweep;
    tell(this, {
      type: 'columns',
      columns: OUTCOMES.map((outcome) => outcome.id).filter((own) => (own === id) !== columns.includes(own)),
    });
  }

  readonly #toggleTable = (): void => {
    this.showsTable = !this.showsTable;
  };
}

/** `rgb(1, 2, 3)` as numbers. */
function rgb(color: string): [number, number, number] {
  const [r = 128, g = 128, b = 128] = (color.match(/[\d.]+/g) ?? []).map(Number);
  return [r, g, b];
}
