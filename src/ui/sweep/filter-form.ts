/** Selects runs by one column: an axis, or an outcome. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { VERDICT_KINDS } from '../../metrics/verdict.ts';
import { shared } from '../styles.ts';
import { axisName, scaleOf, valueWord } from './axis-values.ts';
import { entryStyles, sentence } from './entry.ts';
import { OUTCOMES } from './outcomes.ts';
import { axisColumn, axisOf, type Brush, outcomeOfColumn, readBrush } from './selection.ts';
import { type OpenSweep, tell } from './state.ts';

/** Axes with more values are filtered by bounds alone. */
const MOST_BOXES = 24;

@customElement('nabla-sweep-filter')
export class SweepFilter extends LitElement {
  @property({ attribute: false }) open!: OpenSweep;
  @state() private column = 'loss';
  @state() private problem = '';

  static override styles = [
    shared,
    entryStyles,
    css`
      :host { display: block; }
      form { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: end; }
      label { display: grid; color: var(--dim); font-size: 12px; gap: 1px; }
      input[type='text'] { width: 110px; } select { width: 190px; }
      fieldset { border: 0; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 12px; }
      legend { color: var(--dim); font-size: 12px; padding: 0; }
      .box { display: inline-flex; align-items: center; gap: 5px; min-height: 24px; color: var(--text); } .box input { width: 16px; min-height: 16px; accent-color: var(--accent); }
    `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('open')) return;
    // Another sweep may have fewer axes.
    const axis = axisOf(this.column);
    if (axis !== undefined && !this.open.table.axes[axis]) this.column = 'loss';
  }

  override render(): TemplateResult {
    const { axes } = this.open.table;
    const paths = axes.map(({ path }) => path);
    const columns = [
      ...axes.map(({ path }, axis) => ({ id: axisColumn(axis), label: axisName(path, paths) })),
      ...OUTCOMES.map(({ id, label }) => ({ id: id as string, label })),
    ];
    const words = this.#words();
    return html`<form @submit=${this.#apply}>
        <label>Column <select @change=${this.#choose}>${columns.map(({ id, label }) => html`<option value=${id} .selected=${id === this.column}>${label}</option>`)}</select></label>
        ${words ? this.#boxes(words) : this.#bounds()}
        <button class="primary small">Select</button>
      </form>
      ${sentence(this.problem || undefined, 'filter-problem')}`;
  }

  /** Values to tick; undefined where there are bounds to type. */
  #words(): readonly string[] | undefined {
    if (this.column === 'verdict') return VERDICT_KINDS;
    const axis = this.open.table.axes[axisOf(this.column) ?? -1];
    if (!axis || (scaleOf(axis).kind !== 'words' && axis.values.length > MOST_BOXES)) return undefined;
    return axis.values.map(valueWord);
  }

  #boxes(words: readonly string[]): TemplateResult {
    return html`<fieldset><legend>keeps</legend>
      ${words.map((word, k) => html`<label class="box"><input type="checkbox" name="among" value=${k} />${word}</label>`)}</fieldset>`;
  }

  #bounds(): TemplateResult {
    const wrong = this.problem ? 'true' : 'false';
    const bound = (name: string) =>
      html`<label>${name} <input type="text" name=${name.toLowerCase()} autocomplete="off" placeholder="no bound" aria-invalid=${wrong} aria-describedby=${this.problem ? 'filter-problem' : nothing} /></label>`;
    const outcome = outcomeOfColumn(this.column);
    const breaks = outcome && !outcome.ofBroken;
    return html`${bound('From')} ${bound('To')}
      ${breaks ? html`<label class="box"><input type="checkbox" name="diverged" />also runs that diverged</label>` : ''}`;
  }

  readonly #choose = (event: Event): void => {
    this.column = (event.target as HTMLSelectElement).value;
    this.problem = '';
  };

  readonly #apply = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const brush = this.#read(data);
    this.problem = typeof brush === 'string' ? brush : '';
    if (typeof brush === 'string') return;
    tell(this, { type: 'select', brushes: [brush] });
    this.dispatchEvent(new CustomEvent('done', { bubbles: true }));
  };

  #read(data: FormData): Brush | string {
    const { column } = this;
    if (this.#words()) {
      const among = data.getAll('among').map(Number);
      return among.length > 0 ? { column, among } : 'Nothing is ticked; valid is at least one value.';
    }
    const axis = this.open.table.axes[axisOf(column) ?? -1];
    const brush = readBrush(column, axis, String(data.get('from')), String(data.get('to')));
    if (typeof brush === 'string' || 'among' in brush || data.get('diverged') === null) return brush;
    return { ...brush, to: Number.POSITIVE_INFINITY };
  }
}
