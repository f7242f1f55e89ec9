/** Everything of the Lab as files: experiments, and the curves of its runs as CSV, JSON or Parquet. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCounted } from '../../metrics/format.ts';
import { FORMATS, type Format } from '../../metrics/table-text.ts';
import { TRACE_TABLES, type TraceTable } from '../../metrics/trace-tables.ts';
import { copyText } from '../clipboard.ts';
import { runName } from '../runs.ts';
import type { LabState } from '../state.ts';
import { shared } from '../styles.ts';
import { download } from './download.ts';
import { labDocument } from './lab-document.ts';
import { changesFile, traceFile } from './tables.ts';

type Table = TraceTable | 'changes';

const TABLE_WORDS: Readonly<Record<Table, string>> = {
  traces: 'every iteration: loss, norms, clipping',
  tests: 'evaluations on held-out data',
  layers: 'gradients by layer',
  weights: 'weights, their gradients and updates',
  units: 'activations by layer',
  steps: 'gradients by time step',
  gates: 'gates by time step',
  spectra: 'spectra of recurrent weights',
  histograms: 'histograms of gradients',
  changes: 'changes of settings in mid-run',
};
const TABLES: readonly Table[] = [...(Object.keys(TRACE_TABLES) as TraceTable[]), 'changes'];

@customElement('nabla-export')
export class ExportPanel extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @state() private table: Table | 'all' = 'traces';
  @state() private said = '';

  static override styles = [
    shared,
    css`
      :host { display: grid; gap: 8px; }
      .row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
      select { font: inherit; min-height: 28px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); max-width: 100%; }
      @media (max-width: 760px) { button, select { min-height: 40px; } }
    `,
  ];

  override render(): TemplateResult {
    const trained = this.lab.traces?.some(({ length }) => length > 0) ?? false;
    return html`
      <div class="row">
        <button @click=${this.#experiments}>Experiments as JSON</button>
        <button @click=${this.#link}>Copy link</button>
        <span class="dim">both bring the runs back: drop the file on the page, or open the link</span>
      </div>
      <div class="row">
        <label>Curves <select @change=${(event: Event) => {
          this.table = (event.target as HTMLSelectElement).value as Table | 'all';
        }}>
          ${TABLES.map((table) => html`<option value=${table} .selected=${table === this.table}>${TABLE_WORDS[table]}</option>`)}
          <option value="all">all of these, a file each</option>
        </select></label>
        ${FORMATS.map((format) => html`<button ?disabled=${!trained} @click=${() => this.#curves(format)}>${format === 'parquet' ? 'Parquet' : format.toUpperCase()}</button>`)}
      </div>
      <div class="row">
        <button @click=${() => this.#sheet('png')}>All charts as PNG</button>
        <button @click=${() => this.#sheet('svg')}>All charts as SVG</button>
        <span class="dim">of the view behind, on one sheet</span>
      </div>
      <p class="dim" role="status">${this.said || (trained ? 'NaN and Infinity are kept as such.' : 'There are no curves yet: no iteration has been trained.')}</p>`;
  }

  readonly #experiments = (): void => {
    download('nablascope-experiments.json', [labDocument(this.lab, location.href)], 'application/json');
    this.said = `${formatCounted(this.lab.experiments.length, 'experiment')} written.`;
  };

  readonly #link = async (): Promise<void> => {
    await copyText(location.href);
    this.said = 'Link copied.';
  };

  async #sheet(format: 'png' | 'svg'): Promise<void> {
    const { saveSheet } = await import('../chart/sheet.ts');
    try {
      await saveSheet(format);
      this.said = 'Sheet written.';
    } catch (error) {
      this.said = error instanceof Error ? error.message : String(error);
    }
  }

  async #curves(format: Format): Promise<void> {
    const { traces, experiments, marks } = this.lab;
    const runs = (traces ?? []).map((trace, r) => ({ name: runName(r), trace, experiment: experiments[r] }));
    const tables = this.table === 'all' ? TABLES : [this.table];
    this.said = 'Writing.';
    const written: string[] = [];
    for (const table of tables) {
      const { parts, type, rows } = await (table === 'changes' ? changesFile(format, marks) : traceFile(format, table, runs));
      if (rows === 0 && this.table === 'all') continue;
      download(`nablascope-${table}.${format}`, parts, type);
      written.push(`${formatCounted(rows, 'row')} of ${table}`);
    }
    this.said = `${written.join(', ')} written.`;
  }
}
