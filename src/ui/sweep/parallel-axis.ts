/** One axis of the parallel coordinates: name, ticks, the band of runs that diverged, and a brush for pointer and keyboard. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCount } from '../../metrics/format.ts';
import { shared } from '../styles.ts';
import { BAND, brushBetween, type Dimension, hasBand, heightsOf } from './parallel-data.ts';
import type { Brush, Selected } from './selection.ts';
import { tell } from './state.ts';

/** Pixels above the band for the name, of the band, and below the numbers. */
export const TOP = 24;
export const BAND_HEIGHT = 26;
export const BOTTOM = 14;
/** Steps of the keyboard along a continuum. */
const STEPS = 20;
const DRAG = 4;

@customElement('nabla-sweep-parallel-axis')
export class SweepParallelAxis extends LitElement {
  @property({ attribute: false }) dimension!: Dimension;
  @property({ attribute: false }) brush: Brush | undefined;
  @property({ attribute: false }) selected: Selected | undefined;
  /** Labels stand on the left of the line, or of the first axis on its right. */
  @property({ type: Boolean, reflect: true }) first = false;
  /** Height that the keyboard is at, and the one where its brush began. */
  @state() private at = 0;
  #anchor: number | undefined;
  #pressed: { readonly height: number; readonly y: number; moved: boolean } | undefined;

  static override styles = [
    shared,
    css`
      :host { position: absolute; top: 0; bottom: 0; width: 48px; transform: translateX(-50%); pointer-events: none; }
      .name { position: absolute; top: 0; left: 50%; transform: translateX(-50%); font-size: 12px; font-weight: 600; white-space: nowrap; max-width: var(--room, 120px); overflow: hidden; text-overflow: ellipsis; }
      :host([first]) .name { left: 12px; transform: none; }
      .line { position: absolute; top: ${TOP}px; bottom: ${BOTTOM}px; left: 12px; right: 12px; pointer-events: auto; touch-action: none; cursor: ns-resize; border-radius: 3px; }
      .line::before { content: ''; position: absolute; left: 50%; top: 0; bottom: 0; border-left: 1px solid var(--dim); }
      .band { position: absolute; left: 0; right: 0; top: 0; height: ${BAND_HEIGHT - 5}px; border: 1px dashed var(--bad); border-radius: 3px; }
      .part { position: absolute; left: 3px; right: 3px; border: 1.5px solid var(--accent); background: color-mix(in srgb, var(--accent) 30%, transparent); border-radius: 3px; min-height: 5px; }
      .mark { position: absolute; left: 0; right: 0; border-top: 2px solid var(--accent); display: none; }
      .line:focus-visible .mark { display: block; }
      .tick { position: absolute; right: calc(50% + 5px); font: 11px var(--mono); font-variant-numeric: tabular-nums; color: var(--dim); transform: translateY(-50%); white-space: nowrap; background: color-mix(in srgb, var(--panel) 72%, transparent); border-radius: 3px; padding: 0 2px; line-height: 13px; }
      :host([first]) .tick { right: auto; left: calc(50% + 5px); }
      .broken { color: var(--bad); }
    `,
  ];

  override render(): TemplateResult {
    const { dimension, brush, at } = this;
    const { name, ticks, outcome } = dimension;
    const isBanded = hasBand(dimension);
    const parts = brush ? heightsOf(dimension, brush) : [];
    return html`<span class="name" title=${outcome?.label ?? name} aria-hidden="true">${name}</span>
      ${ticks.map((tick) => html`<span class="tick" aria-hidden="true" style="top: ${this.#top(tick.at)}">${tick.label}</span>`)}
      ${isBanded ? html`<span class="tick broken" aria-hidden="true" style="top: ${this.#top(BAND)}">▲ div.</span>` : ''}
      <div class="line" role="slider" tabindex="0" aria-orientation="vertical" aria-label="${outcome?.label ?? name}"
        aria-valuemin="0" aria-valuemax=${this.#stops().length - 1} aria-valuenow=${this.#nearest(at)} aria-valuetext=${this.#words()}
        aria-keyshortcuts="ArrowUp ArrowDown Shift+ArrowUp Shift+ArrowDown Enter Escape"
        @keydown=${this.#key} @pointerdown=${this.#press} @pointermove=${this.#move} @pointerup=${this.#release} @pointercancel=${this.#cancel}>
        ${isBanded ? html`<span class="band"></span>` : nothing}
        ${parts.map(([low, high]) => html`<span class="part" style="top: calc(${this.#inLine(high)} - 3px); bottom: calc(100% - ${this.#inLine(low)} - 3px)"></span>`)}
        <span class="mark" style="top: ${this.#inLine(at)}"></span>
      </div>`;
  }

  #words(): string {
    const { dimension, brush, selected } = this;
    const here = dimension.word(this.at);
    if (!brush) return here;
    const parts = heightsOf(dimension, brush).map(([low, high]) =>
      low === high ? dimension.word(low) : `${dimension.word(low)} to ${dimension.word(high)}`,
    );
    return `${here}; selected: ${parts.join(', ')}, ${formatCount(selected?.count ?? 0)} runs`;
  }

  /** Where a height lies in the line, from its top. */
  #inLine(height: number): string {
    return height > 1 ? `${BAND_HEIGHT / 2 - 2}px` : `calc(${BAND_HEIGHT}px + (100% - ${BAND_HEIGHT}px) * ${1 - height})`;
  }

  #top(height: number): string {
    const above = TOP + BAND_HEIGHT;
    return height > 1 ? `${TOP + BAND_HEIGHT / 2 - 2}px` : `calc(${above}px + (100% - ${above + BOTTOM}px) * ${1 - height})`;
  }

  /** Heights that the keyboard goes through, ascending. */
  #stops(): number[] {
    const { stops } = this.dimension;
    if (stops) return [...new Set(stops)].sort((a, b) => a - b);
    const even = Array.from({ length: STEPS + 1 }, (_, k) => k / STEPS);
    return hasBand(this.dimension) ? [...even, BAND] : even;
  }

  #nearest(height: number): number {
    const stops = this.#stops();
    return stops.reduce((best, stop, k) => (Math.abs(stop - height) < Math.abs(stops[best] - height) ? k : best), 0);
  }

  readonly #key = (event: KeyboardEvent): void => {
    const stops = this.#stops();
    const steps: Readonly<Record<string, number>> = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -99, End: 99 };
    const step = steps[event.key];
    if (step !== undefined) {
      const before = this.at;
      const index = Math.min(stops.length - 1, Math.max(0, this.#nearest(before) + step));
      this.at = stops[index];
      this.#anchor = event.shiftKey ? (this.#anchor ?? before) : undefined;
      if (this.#anchor !== undefined) this.#select(this.#anchor, this.at);
    } else if (event.key === 'Enter' || event.key === ' ') this.#select(this.at, this.at);
    else if (event.key === 'Escape') {
      this.#anchor = undefined;
      tell(this, { type: 'unselect', column: this.dimension.column });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  /** A single height of a continuum reaches half a step to both sides. */
  #select(a: number, b: number): void {
    const half = a === b && !this.dimension.stops && a <= 1 ? 0.5 / STEPS : 0;
    const [low, high] = [Math.min(a, b) - half, Math.max(a, b)];
    tell(this, { type: 'select', brushes: [brushBetween(this.dimension, low, high > 1 ? BAND : Math.min(1, high + half))] });
  }

  #heightAt(event: PointerEvent): number {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const y = event.clientY - box.top;
    if (hasBand(this.dimension) && y < BAND_HEIGHT - 4) return BAND;
    return Math.min(1, Math.max(0, 1 - (y - BAND_HEIGHT) / (box.height - BAND_HEIGHT)));
  }

  readonly #press = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const line = event.currentTarget as HTMLElement;
    line.setPointerCapture(event.pointerId);
    line.focus({ focusVisible: false } as FocusOptions);
    this.#pressed = { height: this.#heightAt(event), y: event.clientY, moved: false };
    event.preventDefault();
  };

  readonly #move = (event: PointerEvent): void => {
    const pressed = this.#pressed;
    if (!pressed) return;
    if (!pressed.moved && Math.abs(event.clientY - pressed.y) < DRAG) return;
    pressed.moved = true;
    this.at = this.#heightAt(event);
    tell(this, { type: 'select', brushes: [brushBetween(this.dimension, pressed.height, this.at)] });
  };

  /** A press that does not move takes the brush away; on the band it selects the runs there. */
  readonly #release = (): void => {
    const pressed = this.#pressed;
    this.#pressed = undefined;
    if (!pressed || pressed.moved) return;
    if (pressed.height > 1 && !this.brush) this.#select(BAND, BAND);
    else tell(this, { type: 'unselect', column: this.dimension.column });
  };

  readonly #cancel = (): void => {
    this.#pressed = undefined;
  };
}
