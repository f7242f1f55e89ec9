/** One axis of a sweep: its path, and its values as a list or a range. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { Problem } from '../../model/errors.ts';
import { shared } from '../styles.ts';
import {
  type AxisDraft,
  type Json,
  type RangeDraft,
  readValues,
  SCALES,
  withAxis,
  withAxisMoved,
  writeValues,
} from './document.ts';
import { entry, entryStyles, problemAt, sentence } from './entry.ts';
import { tell } from './state.ts';
import { FIELD_DOCS, fieldLine, GROUP_PATHS, suggestAxis } from './suggest.ts';

const SCALE_LABELS = { linear: 'linear', log: 'log', integer: 'whole numbers', integer_log: 'whole, log' } as const;

@customElement('nabla-sweep-axis')
export class SweepAxis extends LitElement {
  @property({ attribute: false }) document!: Json;
  @property({ attribute: false }) axis!: AxisDraft;
  @property({ attribute: false }) index = 0;
  @property({ attribute: false }) count = 1;
  @property({ attribute: false }) problems: readonly Problem[] = [];

  static override styles = [
    shared,
    entryStyles,
    css`
      :host { display: block; border: 1px solid var(--line); border-radius: var(--r); padding: 6px 8px 7px; margin-bottom: 6px; }
      .head { display: flex; gap: 4px; align-items: center; margin-bottom: 3px; }
      .head input { flex: 1; }
      .head button { min-width: 24px; min-height: 24px; padding: 0 4px; }
      .range { display: grid; grid-template-columns: 1fr 1fr 0.7fr; gap: 0 6px; margin-top: 3px; }
      .range .entry { grid-template-columns: minmax(0, 1fr); }
      .range .entry label { font-size: 11.5px; }
      .row { display: flex; gap: 8px; align-items: center; margin: 4px 0 2px; }
      .row select { flex: 1; }
      .note { margin-top: 2px; }
    `,
  ];

  override render(): TemplateResult {
    const { axis, index, count, problems } = this;
    const own = `axes.${index}`;
    const named = axis.path || `axis ${index + 1}`;
    const ofPath = problemAt(problems, `${own}.path`) ?? (axis.path ? problemAt(problems, axis.path) : undefined);
    const ofAxis = problems.filter(({ path }) => path === own).map(({ problem }) => problem)[0];
    return html`
      <div class="head" role="group" aria-label="Axis ${index + 1}">
        <input list="paths" aria-label="Path of axis ${index + 1}" placeholder="search a field" spellcheck="false" autocomplete="off"
          .value=${axis.path} aria-invalid=${ofPath ? 'true' : 'false'} aria-describedby=${ofPath ? 'path-problem' : nothing} @change=${this.#choosePath} />
        <datalist id="paths">
          ${[...FIELD_DOCS.values()].map(({ path, text }) => html`<option value=${path}>${text}</option>`)}
          ${GROUP_PATHS.map((path) => html`<option value=${path}>the whole group, as objects</option>`)}
        </datalist>
        <button class="quiet" title="Up" aria-label="Move ${named} up" ?disabled=${index === 0} @click=${() => this.#move(-1)}>↑</button>
        <button class="quiet" title="Down" aria-label="Move ${named} down" ?disabled=${index === count - 1} @click=${() => this.#move(1)}>↓</button>
        <button class="quiet" title="Remove" aria-label="Remove ${named}" @click=${() => this.#set(undefined)}>✕</button>
      </div>
      ${sentence(ofPath, 'path-problem')} ${sentence(ofAxis)}
      <div class="row">
        <span class="seg" role="group" aria-label="Values of ${named}">
          <button aria-pressed=${!axis.range} @click=${this.#asList}>list</button>
          <button aria-pressed=${axis.range !== undefined} @click=${this.#asRange}>range</button>
        </span>
        ${axis.range ? this.#scale(axis.range) : nothing}
      </div>
      ${axis.range ? this.#range(axis.range) : this.#list()}
      ${axis.path ? html`<p class="note">${fieldLine(axis.path) || 'values are objects'}</p>` : nothing}`;
  }

  #list(): TemplateResult {
    const problem = problemAt(this.problems, `axes.${this.index}.values`);
    return html`<div class="entry wide">
      <input aria-label="Values, separated by commas" placeholder="values, separated by commas" spellcheck="false" autocomplete="off"
        .value=${writeValues(this.axis.values)} aria-invalid=${problem ? 'true' : 'false'}
        @change=${(event: Event) => this.#set({ ...this.axis, range: undefined, values: readValues((event.target as HTMLInputElement).value) })} />
      ${sentence(problem)}
    </div>`;
  }

  #range(range: RangeDraft): TemplateResult {
    const field = (key: 'from' | 'to' | 'count') =>
      entry({
        id: key,
        label: key,
        value: range[key],
        problem: problemAt(this.problems, `axes.${this.index}.range.${key}`, `axes.${this.index}.${key}`),
        change: (value) => this.#set({ ...this.axis, range: { ...range, [key]: value } }),
      });
    const all = this.problems.find(({ path }) => path === `axes.${this.index}.range`)?.problem;
    return html`<div class="range">${field('from')}${field('to')}${field('count')}</div>${sentence(all)}`;
  }

  #scale(range: RangeDraft): TemplateResult {
    return html`<select aria-label="Scale" .value=${live(String(range.scale ?? 'linear'))}
        @change=${(event: Event) => this.#set({ ...this.axis, range: { ...range, scale: (event.target as HTMLSelectElement).value } })}>
        ${SCALES.map((scale) => html`<option value=${scale} .selected=${scale === range.scale}>${SCALE_LABELS[scale]}</option>`)}
      </select>${sentence(problemAt(this.problems, `axes.${this.index}.range.scale`))}`;
  }

  #set(axis: AxisDraft | undefined): void {
    tell(this, { type: 'document', document: withAxis(this.document, this.index, axis) });
  }

  #move(by: number): void {
    tell(this, { type: 'document', document: withAxisMoved(this.document, this.index, this.index + by) });
  }

  /** A new path brings values that suit it; the same kind of axis keeps what was typed. */
  readonly #choosePath = (event: Event): void => {
    const path = (event.target as HTMLInputElement).value.trim();
    if (path === this.axis.path) return;
    const suggested = suggestAxis(path);
    const known = suggested.range !== undefined || suggested.values.length > 0;
    this.#set(known ? suggested : { ...this.axis, path });
  };

  readonly #asList = (): void => {
    if (this.axis.range)
      this.#set({
        ...this.axis,
        range: undefined,
        values: [this.axis.range.from, this.axis.range.to].filter((x) => x !== undefined),
      });
  };

  readonly #asRange = (): void => {
    if (this.axis.range) return;
    const numbers = this.axis.values.filter((x) => typeof x === 'number');
    const [from, to] = [Math.min(...numbers), Math.max(...numbers)];
    const suggested = suggestAxis(this.axis.path).range ?? { from: 0, to: 1, count: 5, scale: 'linear' };
    const range = numbers.length > 1 ? { ...suggested, from, to, count: Math.max(2, numbers.length) } : suggested;
    this.#set({ ...this.axis, range });
  };
}
