/** The table of runs. Only the rows in view are in the document. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { formatCount } from '../../metrics/format.ts';
import { VERDICT_KINDS } from '../../metrics/verdict.ts';
import { symbolOf } from '../run-head.ts';
import { shared } from '../styles.ts';
import { select } from './maps.ts';
import { type Column, columnsOf, rowsOf, windowOf } from './run-rows.ts';
import type { Selected } from './selection.ts';
import { type OpenSweep, type SweepViewState, tell } from './state.ts';

const ROW = 26;

@customElement('nabla-sweep-runs')
export class SweepRuns extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  /** Only these are listed; undefined for all. */
  @property({ attribute: false }) selected: Selected | undefined;
  @state() private scrolled = 0;
  @state() private height = 300;
  /** Row under the keyboard's cursor. */
  @state() private active = 0;
  @query('.scroll') private scroller!: HTMLElement | null;
  #drawn: SweepViewState | undefined;
  #drawnSelected: Selected | undefined;
  #columns: Column[] = [];
  #rows: Uint32Array = new Uint32Array();
  readonly #resized = new ResizeObserver(() => {
    this.height = this.scroller?.clientHeight ?? this.height;
  });

  static override styles = [
    shared,
    css`
      :host { display: flex; flex-direction: column; gap: 4px; min-height: 0; min-width: 0; flex: 1; }
      .filter { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; color: var(--dim); font-size: 12px; }
      label { display: inline-flex; gap: 5px; align-items: center; }
      select, input { font: inherit; min-height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: 4px; padding: 0 6px; }
      .scroll { flex: 1; min-height: 190px; overflow: auto; border: 1px solid var(--line); border-radius: var(--r); background: var(--panel); }
      .table { display: grid; min-width: max-content; font: 12px var(--mono); font-variant-numeric: tabular-nums; position: relative; }
      .row { display: grid; grid-template-columns: subgrid; grid-column: 1 / -1; height: ${ROW}px; align-items: center; }
      .row > * { padding: 0 9px; text-align: right; white-space: nowrap; }
      .row > :first-child { text-align: left; } .row .verdict { text-align: left; }
      .head { position: sticky; top: 0; background: var(--panel); border-bottom: 1px solid var(--line); z-index: 1; }
      .head button { all: unset; cursor: pointer; color: var(--dim); font-weight: 600; min-height: 24px; line-height: 24px; }
      .head button:focus-visible { outline: 2px solid var(--accent); }
      .body { cursor: pointer; border-bottom: 1px solid var(--line); }
      .body:hover { background: var(--raise); }
      .body[aria-selected='true'] { background: color-mix(in srgb, var(--accent) 18%, var(--panel)); }
      .scroll:focus-visible .body.active { outline: 2px solid var(--accent); outline-offset: -2px; }
      .space { grid-column: 1 / -1; }
      .exploding, .diverged { color: var(--bad); } .vanishing, .stuck { color: var(--warn); } .healthy { color: var(--good); } .waits { color: var(--faint); }
      @media (max-width: 760px) { .scroll { height: 420px; flex: none; } select, input { min-height: 34px; } }
    `,
  ];

  protected override willUpdate(): void {
    const { sweep } = this;
    const { open, list, revision } = sweep;
    const old = this.#drawn;
    const { selected } = this;
    const asBefore = old?.list === list && this.#drawnSelected === selected;
    if (!open || (asBefore && old?.open === open && old.revision === revision)) return;
    if (old?.open !== open) this.#columns = columnsOf(open.table);
    if (old && !asBefore) this.active = 0;
    this.#drawn = sweep;
    this.#drawnSelected = selected;
    this.#rows = rowsOf(open.table, this.#columns, list, selected);
  }

  override render(): TemplateResult {
    const { open, list } = this.sweep;
    if (!open) return html``;
    const [first, last] = windowOf(this.scrolled, this.height, ROW, this.#rows.length);
    const kinds = [{ value: '', label: 'all' }, ...VERDICT_KINDS.map((kind) => ({ value: kind, label: kind }))];
    return html`<div class="filter">
        ${select('verdict', list.verdict, kinds, (verdict) => tell(this, { type: 'rows', change: { verdict } }))}
        <label>find <input type="search" .value=${list.text} placeholder="value or verdict" @input=${(event: Event) => tell(this, { type: 'rows', change: { text: (event.target as HTMLInputElement).value } })} /></label>
        <span role="status">${formatCount(this.#rows.length)} of ${formatCount(open.table.points.length)} runs${this.selected ? ', the selected ones alone' : ''}</span>
      </div>
      <div class="scroll" tabindex="0" role="grid" aria-label="Runs" aria-rowcount=${this.#rows.length + 1} aria-colcount=${this.#columns.length}
        aria-activedescendant=${this.#rows.length > 0 ? `row-${this.active}` : ''} @scroll=${this.#scroll} @keydown=${this.#key}>
        <div class="table" role="presentation" style="grid-template-columns: repeat(${this.#columns.length}, max-content)">
          <div class="row head" role="row" aria-rowindex="1">${this.#columns.map((column) => this.#head(column))}</div>
          <div class="space" role="presentation" style="height: ${first * ROW}px"></div>
          ${Array.from({ length: Math.max(0, last - first) }, (_, k) => this.#row(open, first + k))}
          <div class="space" role="presentation" style="height: ${Math.max(0, this.#rows.length - last) * ROW}px"></div>
        </div>
      </div>`;
  }

  override firstUpdated(): void {
    if (this.scroller) this.#resized.observe(this.scroller);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  #head({ id, label }: Column): TemplateResult {
    const { sort, descending } = this.sweep.list;
    const own = sort === id;
    return html`<span role="columnheader" class=${id === 'verdict' ? 'verdict' : ''} aria-sort=${own ? (descending ? 'descending' : 'ascending') : 'none'}>
      <button @click=${() => tell(this, { type: 'rows', change: { sort: id, descending: own && !descending } })}>${label}${own ? (descending ? ' ▾' : ' ▴') : ''}</button></span>`;
  }

  #row({ table }: OpenSweep, row: number): TemplateResult {
    const point = this.#rows[row];
    const { id } = table.points[point];
    const kind = table.records[point]?.result.verdict.kind;
    return html`<div class="row body ${row === this.active ? 'active' : ''}" id="row-${row}" role="row" aria-rowindex=${row + 2} aria-selected=${this.sweep.run?.id === id ? 'true' : 'false'} @click=${() => this.#open(row)}>
      ${this.#columns.map(({ id: column, text }) =>
        column === 'verdict'
          ? html`<span role="gridcell" class="verdict ${kind ?? 'waits'}">${kind ? `${symbolOf(kind)} ` : ''}${text(point)}</span>`
          : html`<span role="gridcell">${text(point)}</span>`,
      )}
    </div>`;
  }

  #open(row: number): void {
    const { open } = this.sweep;
    const point = this.#rows[row];
    this.active = row;
    if (open?.table.records[point]) tell(this, { type: 'run', id: open.table.points[point].id });
  }

  readonly #scroll = (event: Event): void => {
    this.scrolled = (event.target as HTMLElement).scrollTop;
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor(this.height / ROW) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#rows.length,
      End: this.#rows.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      this.active = Math.min(this.#rows.length - 1, Math.max(0, this.active + step));
      const top = this.active * ROW;
      const { scroller } = this;
      if (scroller) scroller.scrollTop = Math.min(top, Math.max(scroller.scrollTop, top + 2 * ROW - scroller.clientHeight));
    } else if (event.key === 'Enter') this.#open(this.active);
    else return;
    event.preventDefault();
  };
}
