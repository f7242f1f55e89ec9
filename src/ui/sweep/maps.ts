/** The map of a sweep: two axes, small multiples of a third, colour by an outcome, the rest held or aggregated over. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { formatCount, formatRuns } from '../../metrics/format.ts';
import { chartStyles } from '../chart/chart-styles.ts';
import type { Caption } from '../chart/figure.ts';
import { shared } from '../styles.ts';
import { dataTable, tableStyles } from '../table.ts';
import { axisName, valueWord } from './axis-values.ts';
import '../chart/menu.ts';
import { mapPicture } from '../chart/picture.ts';
import './legend.ts';
import { countMarked, type Domain, domainOf, type MapQuery, mapRuns, pointsOfCell, type RunMap } from './map-data.ts';
import { keyOf } from './map-key.ts';
import './map-panel.ts';
import type { SweepPanel } from './map-panel.ts';
import { queryOf } from './map-query.ts';
import { cellData, cellIndex, cellPlace, cellValue, mapCells, restWords, scaleWords, summarizeMap } from './map-words.ts';
import { OUTCOMES, type OutcomeId } from './outcomes.ts';
import { rectangleBrushes, type Selected } from './selection.ts';
import { type Cursor, type OpenSweep, type SweepViewState, tell } from './state.ts';
import { sweepLines } from './sweep-lines.ts';

@customElement('nabla-sweep-maps')
export class SweepMaps extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  @property({ attribute: false }) selected: Selected | undefined;
  @property() theme = '';
  @state() private showsTable = false;
  /** Whether a finger selects cells; a mouse always can. */
  @state() private selects = false;
  #drawn: SweepViewState | undefined;
  #query!: MapQuery;
  #map!: RunMap;
  #domain!: Domain;
  #summary = '';
  #counts: Uint32Array | undefined;

  static override styles = [
    shared,
    chartStyles,
    tableStyles,
    css`
      :host { display: flex; min-width: 0; min-height: 0; }
      figure { gap: 4px; }
      .selectors { display: flex; flex-wrap: wrap; gap: 4px 12px; }
      label { display: inline-flex; gap: 5px; align-items: center; color: var(--dim); font-size: 12px; max-width: 100%; }
      select { font: inherit; min-height: 24px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: 4px; min-width: 0; max-width: 190px; }
      .read { color: var(--dim); min-height: 18px; line-height: 18px; overflow-wrap: anywhere; }
      .read b { color: var(--text); font-weight: 600; }
      .panels { flex: 1; display: grid; gap: 8px; min-height: 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, var(--least)), 1fr)); grid-auto-rows: minmax(220px, 1fr); overflow: auto; }
      .select-button { display: none; margin-left: auto; } .select-button + .table-button { margin-left: auto; }
      @media (pointer: coarse) { .select-button { display: inline-flex; min-height: 34px; } .select-button + .table-button { margin-left: 0; } }
      .table-button { margin-left: auto; }
      @media (max-width: 760px) { .panels { grid-auto-rows: 300px; overflow: visible; } select { min-height: 34px; } .read { min-height: 36px; } }
    `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { sweep } = this;
    const { open, view, revision } = sweep;
    const old = this.#drawn;
    const same = old?.open === open && old?.view === view && old?.revision === revision;
    if (open && !same) this.#recount(open);
    if (open && (!same || changed.has('selected')))
      this.#counts = this.selected && countMarked(open.table, this.#query, this.#map, this.selected.mask);
  }

  #recount(open: OpenSweep): void {
    const { sweep } = this;
    const { view } = sweep;
    this.#drawn = sweep;
    this.#query = queryOf(view);
    this.#map = mapRuns(open.table, this.#query);
    const domain = domainOf(this.#map, this.#query.outcome);
    const same = JSON.stringify(domain) === JSON.stringify(this.#domain);
    if (!same) this.#domain = domain;
    this.#summary = summarizeMap(open.table, this.#query, this.#map);
  }

  override render(): TemplateResult {
    const { open, view } = this.sweep;
    if (!open) return html``;
    const { axes } = open.table;
    const paths = axes.map(({ path }) => path);
    const name = (axis: number) => axisName(axes[axis].path, paths);
    const heading = view.y === undefined ? name(view.x) : `${name(view.x)} × ${name(view.y)}`;
    const rest = restWords(open.table, this.#query);
    const held = rest ? `, ${rest}` : '';
    return html`<figure aria-label="Map">
      <figcaption>
        <span>${heading}</span><small>${this.#query.outcome.label.toLowerCase()}${held}</small>
        <button class="quiet select-button" title="A finger selects cells instead of scrolling" aria-pressed=${this.selects} @click=${this.#toggleSelects}>Select by touch</button>
        <button class="quiet table-button" title="Data table" aria-pressed=${this.showsTable} aria-label="Map: data table" @click=${this.#toggleTable}>▤</button>
        <nabla-chart-menu heading="Map ${heading}" .unit=${`${scaleWords(this.#query.outcome, this.#domain)}${held}`} .figure=${this as HTMLElement} .settings=${() => sweepLines(open)} .table=${() => cellData(open.table, this.#query, this.#map)} .picture=${this.#picture}></nabla-chart-menu>
      </figcaption>
      ${this.#selectors(open)}
      <div class="read num" aria-live="polite">${this.#readout(open)}</div>
      ${this.showsTable ? dataTable('Map', mapCells(open.table, this.#query, this.#map)) : this.#panels(open)}
      <nabla-sweep-legend .outcome=${this.#query.outcome} .domain=${this.#domain} .map=${this.#map} .theme=${this.theme}></nabla-sweep-legend>
    </figure>`;
  }

  readonly #picture = (caption: Caption): Promise<SVGElement> | undefined => {
    const panels = [...this.renderRoot.querySelectorAll<SweepPanel>('nabla-sweep-panel')];
    const key = keyOf(this.#query.outcome, this.#domain, this.#map);
    return panels.length > 0
      ? mapPicture(
          this,
          panels.map(({ picture }) => picture),
          caption,
          key,
        )
      : undefined;
  };

  #panels(open: OpenSweep): TemplateResult {
    const { axes } = open.table;
    const { facet, x, y } = this.#query;
    const chosen = this.#chosen(open);
    const panels = facet === undefined ? [undefined] : axes[facet].values;
    return html`<div class="panels" style="--least: ${panels.length > 4 ? 200 : 260}px" @cell-chosen=${this.#open} @cells-brushed=${this.#brush}>
      ${panels.map(
        (value, panel) => html`<nabla-sweep-panel
          .map=${this.#map} .panel=${panel} .x=${axes[x]} .y=${y === undefined ? undefined : axes[y]} .outcome=${this.#query.outcome} .domain=${this.#domain}
          .cursor=${this.sweep.cursor} .chosen=${chosen} .selected=${this.#counts} .selects=${this.selects} .theme=${this.theme} .summary=${this.#summary}
          .caption=${facet === undefined ? '' : `${axisName(axes[facet].path)} ${valueWord(value)}`}
        ></nabla-sweep-panel>`,
      )}
    </div>`;
  }

  #selectors({ table: { axes } }: OpenSweep): TemplateResult {
    const { view } = this.sweep;
    const paths = axes.map(({ path }) => path);
    const options = axes.map(({ path }, axis) => ({ value: String(axis), label: axisName(path, paths) }));
    const none = { value: '', label: 'none' };
    const number = (text: string) => (text === '' ? undefined : Number(text));
    const rest = axes.flatMap((axis, k) => (k === view.x || k === view.y || k === view.facet ? [] : [{ axis, k }]));
    return html`<div class="selectors" role="group" aria-label="What the map shows">
      ${select('x', String(view.x), options, (text) => tell(this, { type: 'view', change: { x: Number(text) } }))}
      ${axes.length > 1 ? select('y', String(view.y ?? ''), [none, ...options.filter(({ value }) => value !== String(view.x))], (text) => tell(this, { type: 'view', change: { y: number(text) } })) : ''}
      ${axes.length > 2 ? select('panels', String(view.facet ?? ''), [none, ...options.filter(({ value }) => value !== String(view.x))], (text) => tell(this, { type: 'view', change: { facet: number(text) } })) : ''}
      ${select(
        'colour',
        view.outcome,
        OUTCOMES.map(({ id, label }) => ({ value: id, label })),
        (text) => tell(this, { type: 'view', change: { outcome: text as OutcomeId } }),
      )}
      ${rest.map(({ axis, k }) => {
        const values = axis.values.map((value, index) => ({ value: String(index), label: valueWord(value) }));
        const all = { value: '', label: view.outcome === 'verdict' ? 'most frequent' : 'median over all' };
        return select(axisName(axis.path, paths), String(view.fixed[k] ?? ''), [all, ...values], (text) =>
          tell(this, { type: 'fix', axis: k, index: number(text) }),
        );
      })}
    </div>`;
  }

  #readout({ table }: OpenSweep): TemplateResult | string {
    const { cursor } = this.sweep;
    if (!cursor)
      return 'Point at a cell, or move over the map with the arrow keys; Enter or a click opens a run, Shift + arrows or a drag selects runs.';
    const cell = cellIndex(this.#map, cursor);
    const [runs, finished, broken] = [this.#map.runs[cell], this.#map.finished[cell], this.#map.broken[cell]];
    const counts =
      runs === 0
        ? ''
        : ` · ${formatCount(finished)} of ${formatRuns(runs)} finished${broken > 0 ? `, ${broken} not finite` : ''}${this.#counts ? `, ${this.#counts[cell]} selected` : ''}`;
    return html`${cellPlace(table, this.#query, cursor)}: <b>${cellValue(this.#map, cell, this.#query)}</b>${counts}`;
  }

  /** The cell of the open run, where the map shows it. */
  #chosen({ table }: OpenSweep): Cursor | undefined {
    const { run } = this.sweep;
    const point = run && table.pointOf.get(run.id);
    if (point === undefined) return undefined;
    const { x, y, facet, fixed } = this.#query;
    const at = (axis: number | undefined) => (axis === undefined ? 0 : table.coordinates[point * table.axes.length + axis]);
    if ([...fixed].some(([axis, index]) => at(axis) !== index)) return undefined;
    return { x: at(x), y: at(y), panel: at(facet) };
  }

  /** The first finished run of a cell. */
  readonly #open = ({ detail }: CustomEvent<Cursor>): void => {
    const { open } = this.sweep;
    if (!open) return;
    const points = pointsOfCell(open.table, this.#query, cellIndex(this.#map, detail));
    const point = points.find((p) => open.table.records[p] !== undefined);
    tell(this, { type: 'cursor', cursor: detail });
    if (point !== undefined) tell(this, { type: 'run', id: open.table.points[point].id });
  };

  readonly #brush = ({ detail: [from, to] }: CustomEvent<readonly [Cursor, Cursor]>): void => {
    tell(this, { type: 'select', brushes: rectangleBrushes(this.#query, from, to) });
  };

  #toggleSelects(): void {
    this.selects = !this.selects;
  }

  #toggleTable(): void {
    this.showsTable = !this.showsTable;
  }
}

interface Choice {
  readonly value: string;
  readonly label: string;
}

/** A native selector in one line. */
export function select(
  label: string,
  value: string,
  options: readonly Choice[],
  change: (value: string) => void,
): TemplateResult {
  return html`<label>${label}
    <select .value=${live(value)} @change=${(event: Event) => change((event.target as HTMLSelectElement).value)}>
      ${options.map((option) => html`<option value=${option.value} .selected=${option.value === value}>${option.label}</option>`)}
    </select></label>`;
}
