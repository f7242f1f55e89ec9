/** What is selected, brush by brush, and what can be done with it: filter, CSV, a finer sweep. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCount, formatRuns } from '../../metrics/format.ts';
import { FORMATS, type Format } from '../../metrics/table-text.ts';
import { download } from '../export/download.ts';
import { shared } from '../styles.ts';
import './filter-form.ts';
import './refine-panel.ts';
import { runFile } from './run-file.ts';
import { brushWords, type Selected } from './selection.ts';
import { type OpenSweep, type SweepViewState, tell } from './state.ts';

@customElement('nabla-sweep-selection')
export class SweepSelection extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  @property({ attribute: false }) selected: Selected | undefined;
  @state() private shows: 'filter' | 'finer' | undefined;

  static override styles = [
    shared,
    css`
      :host { display: block; }
      section { background: var(--panel); border: 1px solid var(--line); border-radius: var(--r); padding: 5px 10px; }
      .row { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; }
      button { min-height: 24px; font-size: 12px; padding: 0 8px; }
      .chip { display: inline-flex; align-items: center; border: 1px solid var(--edge); border-radius: 12px; padding-left: 9px; max-width: 100%; }
      .chip span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .chip button { border: 0; background: none; min-width: 24px; padding: 0 6px; border-radius: 12px; }
      .end { margin-left: auto; display: flex; flex-wrap: wrap; gap: 4px 8px; }
      .below { border-top: 1px solid var(--line); margin-top: 5px; padding-top: 6px; display: block; }
      @media (max-width: 760px) { button, .chip button { min-height: 34px; } .chip button { min-width: 34px; } .end { margin-left: 0; } }
    `,
  ];

  override render(): TemplateResult {
    const { sweep, selected } = this;
    const { open, selection } = sweep;
    if (!open) return html``;
    const toggle = (what: 'filter' | 'finer') => () => {
      this.shows = this.shows === what ? undefined : what;
    };
    return html`<section aria-label="Selected runs" @done=${() => {
      this.shows = undefined;
    }}>
      <div class="row">
        <span role="status" class="num">${this.#count(open)}</span>
        ${selection.map(
          (brush) => html`<span class="chip num"><span>${brushWords(open.table, brush)}</span>
            <button title="Take this away" aria-label="Take away: ${brushWords(open.table, brush)}" @click=${() => tell(this, { type: 'unselect', column: brush.column })}>✕</button></span>`,
        )}
        <button class="quiet" aria-expanded=${this.shows === 'filter'} @click=${toggle('filter')}>+ Filter</button>
        <span class="end">
          ${selection.length > 0 ? html`<button class="quiet" @click=${() => tell(this, { type: 'unselect' })}>Select none</button>` : ''}
          <button aria-expanded=${this.shows === 'finer'} ?disabled=${!selected || selected.count === 0} title="A sweep with more values inside what is selected" @click=${toggle('finer')}>Finer sweep …</button>
          ${FORMATS.map((format) => html`<button @click=${() => this.#save(open, format)} title="Axes and results of ${selected ? 'the selected runs' : 'all runs'} that have finished">${format === 'parquet' ? 'Parquet' : format.toUpperCase()}</button>`)}
        </span>
      </div>
      ${this.shows === 'filter' ? html`<nabla-sweep-filter class="below" .open=${open}></nabla-sweep-filter>` : ''}
      ${this.shows === 'finer' && selected ? html`<nabla-sweep-refine class="below" .open=${open} .selected=${selected}></nabla-sweep-refine>` : ''}
    </section>`;
  }

  #count({ table }: OpenSweep): string {
    const { selected } = this;
    const all = formatCount(table.points.length);
    if (!selected) return `All ${formatRuns(table.points.length)}`;
    const waiting = selected.count - selected.finished;
    return `${formatCount(selected.count)} of ${all} runs selected${waiting > 0 ? `, ${formatCount(waiting)} not finished` : ''}`;
  }

  async #save({ table, sweepId }: OpenSweep, format: Format): Promise<void> {
    const { selected } = this;
    const { parts, type } = await runFile(format, table, selected);
    download(`sweep-${sweepId.slice(0, 8)}${selected ? '-selected' : ''}.${format}`, parts, type);
  }
}
