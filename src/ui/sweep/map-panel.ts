/** One panel of a map: cells on a canvas, with a cursor for pointer and keyboard. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import type { Panel } from '../chart/figure-map.ts';
import { Colors } from '../colors.ts';
import { shared } from '../styles.ts';
import { axisName, labelsOf, type ShownAxis, valueWord } from './axis-values.ts';
import type { Domain, RunMap } from './map-data.ts';
import { boxOf, cellAt, type Frame, paintCells, veilCells } from './map-paint.ts';
import type { Outcome } from './outcomes.ts';
import { type Cursor, tell } from './state.ts';

const FONT = '11px ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace';
const BOTTOM = 34;
const TOP = 16;
const RIGHT = 6;
/** Room between two labels along an axis. */
const LABEL_GAP = 8;
const LABEL_HEIGHT = 14;
/** Pixels that a pointer moves before it brushes. */
const DRAG = 5;

@customElement('nabla-sweep-panel')
export class SweepPanel extends LitElement {
  @property({ attribute: false }) map!: RunMap;
  @property({ attribute: false }) panel = 0;
  @property({ attribute: false }) x!: ShownAxis;
  @property({ attribute: false }) y: ShownAxis | undefined;
  @property({ attribute: false }) outcome!: Outcome;
  @property({ attribute: false }) domain!: Domain;
  @property({ attribute: false }) cursor: Cursor | undefined;
  /** Cell of the open run. */
  @property({ attribute: false }) chosen: Cursor | undefined;
  /** Selected runs by cell of the whole map; undefined where nothing is selected. */
  @property({ attribute: false }) selected: Uint32Array | undefined;
  /** Whether a finger's drag selects; else it scrolls the page. */
  @property({ type: Boolean, reflect: true }) selects = false;
  @property() caption = '';
  @property() summary = '';
  @property() theme = '';
  @query('canvas') private canvas!: HTMLCanvasElement;
  readonly #colors = new Colors(this);
  readonly #resized = new ResizeObserver(() => this.#paint(true));
  /** The cells without cursor. */
  #image: HTMLCanvasElement | undefined;
  /** The corner at which a brush began, by pointer or by Shift and the arrows. */
  #anchor: Cursor | undefined;
  #pressed: { readonly cell: Cursor; readonly x: number; readonly y: number } | undefined;
  /** The pointer has moved far enough to brush; the click that ends it opens nothing. */
  #brushing = false;

  static override styles = [
    shared,
    css`
      :host { display: flex; flex-direction: column; min-width: 0; min-height: 0; }
      .caption { font-size: 12px; color: var(--dim); height: 18px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .host { flex: 1; position: relative; min-height: 150px; border-radius: 4px; }
      canvas { position: absolute; inset: 0; width: 100%; height: 100%; cursor: crosshair; touch-action: pan-y; }
      :host([selects]) canvas { touch-action: none; }
    `,
  ];

  override render(): TemplateResult {
    return html`${this.caption ? html`<div class="caption num">${this.caption}</div>` : ''}
      <div class="host" role="img" tabindex="0" aria-roledescription="map" aria-label=${`${this.caption}${this.caption ? '. ' : ''}${this.summary}`}
        aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown Shift+ArrowLeft Shift+ArrowRight Shift+ArrowUp Shift+ArrowDown Home End PageUp PageDown Enter Escape"
        @keydown=${this.#key} @focus=${this.#focus}>
        <canvas @pointermove=${this.#move} @pointerdown=${this.#press} @pointerup=${this.#release} @pointercancel=${this.#cancel}
          @pointerleave=${this.#leave} @click=${this.#click}></canvas>
      </div>`;
  }

  override firstUpdated(): void {
    this.#resized.observe(this.canvas);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('theme')) this.#colors.clear();
    const anew = (['map', 'panel', 'x', 'y', 'outcome', 'domain', 'theme', 'selected'] as const).some((name) =>
      changed.has(name),
    );
    this.#paint(anew);
  }

  /** The same for pictures, of any size. */
  get picture(): Panel {
    const { clientWidth, clientHeight } = this.canvas;
    const paint: Panel['paint'] = (context, width, height) => {
      const frame = this.#frameOf(width, height);
      this.#draw(context, frame);
      this.#outline(context, frame, this.chosen, this.chosen, '--accent', 2.5);
    };
    return { paint, aspect: clientHeight / clientWidth, label: this.caption };
  }

  get #frame(): Frame {
    return this.#frameOf(this.canvas.clientWidth, this.canvas.clientHeight);
  }

  #frameOf(width: number, height: number): Frame {
    const left = this.y ? Math.min(74, 14 + 7 * Math.max(...this.y.values.map((value) => valueWord(value).length))) : 14;
    return { left, top: TOP, width: width - left - RIGHT, height: height - TOP - BOTTOM };
  }

  /** @param anew whether the cells have changed, not only the cursor */
  #paint(anew: boolean): void {
    const { clientWidth, clientHeight } = this.canvas;
    const frame = this.#frame;
    if (frame.width < 20 || frame.height < 20) return;
    const scale = window.devicePixelRatio;
    const [width, height] = [Math.round(clientWidth * scale), Math.round(clientHeight * scale)];
    if (anew || !this.#image || this.#image.width !== width || this.#image.height !== height)
      this.#image = this.#imageOf(width, height, scale, frame);
    if (this.canvas.width !== width) this.canvas.width = width;
    if (this.canvas.height !== height) this.canvas.height = height;
    const context = this.canvas.getContext('2d');
    if (!context || !this.#image) return;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.drawImage(this.#image, 0, 0);
    context.scale(scale, scale);
    this.#outline(context, frame, this.chosen, this.chosen, '--accent', 2.5);
    this.#outline(context, frame, this.cursor, this.cursor, '--text', 1.5);
    if (this.#brushing) this.#outline(context, frame, this.#anchor, this.cursor, '--text', 1.5);
  }

  /** A frame around two cells and all between them. */
  #outline(
    context: CanvasRenderingContext2D,
    frame: Frame,
    cell: Cursor | undefined,
    other: Cursor | undefined,
    token: string,
    width: number,
  ): void {
    if (cell?.panel !== this.panel || other?.panel !== this.panel) return;
    const corner = boxOf(frame, this.map, Math.min(cell.x, other.x), Math.max(cell.y, other.y), 0);
    const end = boxOf(frame, this.map, Math.max(cell.x, other.x), Math.min(cell.y, other.y), 0);
    const box = {
      ...corner,
      width: end.left + end.width - corner.left,
      height: end.top + end.height - corner.top,
    };
    // Two strokes: one of them stands out against any colour.
    for (const [color, w] of [
      [this.#colors.of('--panel'), width + 2],
      [this.#colors.of(token), width],
    ] as const) {
      context.strokeStyle = color;
      context.lineWidth = w;
      context.strokeRect(box.left - 0.5, box.top - 0.5, box.width, box.height);
    }
  }

  #imageOf(width: number, height: number, scale: number, frame: Frame): HTMLCanvasElement {
    const image = document.createElement('canvas');
    image.width = width;
    image.height = height;
    const context = image.getContext('2d');
    context?.scale(scale, scale);
    if (context) this.#draw(context, frame);
    return image;
  }

  /** Everything but the cursor. */
  #draw(context: CanvasRenderingContext2D, frame: Frame): void {
    context.strokeStyle = this.#colors.of('--line');
    context.strokeRect(frame.left - 0.5, frame.top - 0.5, frame.width + 1, frame.height + 1);
    paintCells(context, this.map, this.panel, frame, this.outcome, this.domain, this.#colors);
    if (this.selected) veilCells(context, this.map, this.panel, frame, this.selected, this.#colors);
    this.#labels(context, frame);
  }

  #labels(context: CanvasRenderingContext2D, frame: Frame): void {
    context.font = FONT;
    context.fillStyle = this.#colors.of('--faint');
    context.textBaseline = 'alphabetic';
    const columns = this.x.values.length;
    const step = frame.width / columns;
    const sample = labelsOf(this.x, columns).map(({ label }) => context.measureText(label).width);
    context.textAlign = 'center';
    for (const { at, label } of labelsOf(this.x, Math.floor(frame.width / (Math.max(...sample) + LABEL_GAP)))) {
      const half = context.measureText(label).width / 2;
      const middle = Math.min(frame.left + frame.width - half, frame.left + (at + 0.5) * step);
      context.fillText(label, Math.max(half, middle), frame.top + frame.height + 14, frame.width);
    }
    context.textAlign = 'right';
    context.fillText(axisName(this.x.path), frame.left + frame.width, frame.top + frame.height + 29);
    if (!this.y) return;
    const tall = frame.height / this.y.values.length;
    for (const { at, label } of labelsOf(this.y, Math.floor(frame.height / LABEL_HEIGHT)))
      context.fillText(label, frame.left - 5, frame.top + frame.height - (at + 0.5) * tall + 4, frame.left - 6);
    context.textAlign = 'left';
    context.fillText(axisName(this.y.path), 0, 10);
  }

  #cellAt(event: MouseEvent): Cursor | undefined {
    const cell = cellAt(this.#frame, this.map, event.offsetX, event.offsetY);
    return cell && { panel: this.panel, ...cell };
  }

  readonly #press = (event: PointerEvent): void => {
    const cell = this.#cellAt(event);
    this.#brushing = false;
    this.#hover(cell);
    if (!cell || event.button !== 0 || (event.pointerType === 'touch' && !this.selects)) return;
    this.#pressed = { cell, x: event.clientX, y: event.clientY };
    this.canvas.setPointerCapture(event.pointerId);
  };

  readonly #move = (event: PointerEvent): void => {
    const pressed = this.#pressed;
    const cell = this.#cellAt(event);
    if (pressed && !this.#brushing && Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) >= DRAG) {
      this.#brushing = true;
      this.#anchor = pressed.cell;
      this.#paint(false);
    }
    // Outside the cells a brush stays at the last one.
    if (cell || !this.#brushing) this.#hover(cell);
  };

  readonly #release = (): void => {
    if (this.#brushing && this.#anchor && this.cursor?.panel === this.panel) this.#brush(this.#anchor, this.cursor);
    this.#pressed = undefined;
  };

  readonly #cancel = (): void => {
    this.#pressed = undefined;
    this.#brushing = false;
    this.#paint(false);
  };

  #hover(cell: Cursor | undefined): void {
    const { cursor } = this;
    if (cell?.x === cursor?.x && cell?.y === cursor?.y && (cursor === undefined || cursor.panel === this.panel)) return;
    tell(this, { type: 'cursor', cursor: cell });
  }

  readonly #leave = (): void => {
    if (this.cursor && !this.matches(':focus-within')) tell(this, { type: 'cursor', cursor: undefined });
  };

  readonly #focus = (event: FocusEvent): void => {
    const byKeyboard = (event.target as HTMLElement).matches(':focus-visible');
    if (byKeyboard && this.cursor?.panel !== this.panel)
      tell(this, { type: 'cursor', cursor: { panel: this.panel, x: 0, y: 0 } });
  };

  readonly #click = (event: MouseEvent): void => {
    const brushed = this.#brushing;
    this.#brushing = false;
    const cell = this.#cellAt(event);
    if (brushed) this.#paint(false);
    else if (cell) this.#choose(cell);
  };

  #brush(from: Cursor, to: Cursor): void {
    this.dispatchEvent(new CustomEvent('cells-brushed', { detail: [from, to], bubbles: true, composed: true }));
  }

  #choose(cursor: Cursor): void {
    this.dispatchEvent(new CustomEvent('cell-chosen', { detail: cursor, bubbles: true, composed: true }));
  }

  readonly #key = (event: KeyboardEvent): void => {
    const { columns, rows } = this.map;
    const steps: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
      Home: [-columns, 0],
      End: [columns, 0],
      PageUp: [0, 10],
      PageDown: [0, -10],
    };
    const at = this.cursor?.panel === this.panel ? this.cursor : { panel: this.panel, x: 0, y: 0 };
    const step = steps[event.key];
    if (step) {
      const x = Math.min(columns - 1, Math.max(0, at.x + step[0]));
      const y = Math.min(rows - 1, Math.max(0, at.y + step[1]));
      const cursor = { panel: this.panel, x, y };
      tell(this, { type: 'cursor', cursor });
      this.#anchor = event.shiftKey ? (this.#anchor?.panel === this.panel ? this.#anchor : at) : undefined;
      if (this.#anchor) this.#brush(this.#anchor, cursor);
    } else if (event.key === 'Enter' || event.key === ' ') this.#choose(at);
    else if (event.key === 'Escape') {
      this.#anchor = undefined;
      tell(this, this.selected ? { type: 'unselect' } : { type: 'cursor', cursor: undefined });
    } else return;
    event.preventDefault();
  };
}
