/** What was dropped or pasted, what it would change, and a person's word on it. A case is audited and shown. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { requestAudit } from '../../audit/audit-client.ts';
import type { AuditAnswer } from '../../audit/audit-protocol.ts';
import { formatCount, formatNumber } from '../../metrics/format.ts';
import type { Experiment } from '../../model/schema.ts';
import { act } from '../events.ts';
import { heldAgainst, whenFitting } from '../misfit.ts';
import { listed } from '../runs.ts';
import type { LabState } from '../state.ts';
import { shared } from '../styles.ts';
import type { Incoming } from './files.ts';
import { type Change, changesOf, sweepChanges, waysOf } from './preview.ts';

/** Rows of a preview. */
const MOST_ROWS = 200;
type Of<K extends Incoming['imported']['kind']> = Extract<Incoming['imported'], { kind: K }>;

@customElement('nabla-import')
export class ImportDialog extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property({ attribute: false }) incoming!: Incoming;
  /** The description in the Sweep view's form, where that is loaded. */
  @property({ attribute: false }) sweep: Readonly<Record<string, unknown>> | undefined;
  @state() private way = 0;
  /** Why what would be taken over does not fit the device. */
  @state() private misfit: string | undefined;
  @state() private answer: AuditAnswer | undefined;

  static override styles = [
    shared,
    css`
      :host { display: grid; gap: 10px; }
      .scroll { max-height: min(46vh, 420px); overflow: auto; border: 1px solid var(--line); border-radius: var(--r); position: relative; }
      table { border-collapse: collapse; width: 100%; font-size: 12px; }
      th, td { text-align: left; padding: 4px 9px; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
      td.num, thead th { white-space: nowrap; } td.old, td.new, td.where { white-space: normal; overflow-wrap: anywhere; }
      thead th { position: sticky; top: 0; background: var(--panel); color: var(--dim); font-weight: 600; }
      tbody th { font-weight: 400; } .old { color: var(--dim); } .new { font-weight: 600; }
      .row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
      .problems { margin: 0; padding-left: 18px; display: grid; gap: 6px; overflow-wrap: anywhere; white-space: pre-line; }
      .bad { color: var(--bad); } .good { color: var(--good); }
      select { font: inherit; min-height: 28px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); max-width: 100%; }
      @media (max-width: 760px) { button, select { min-height: 40px; } }
    `,
  ];

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has('incoming')) return;
    this.way = 0;
    this.misfit = undefined;
    this.answer = undefined;
    const { imported, tensors, name } = this.incoming;
    if (imported.kind === 'case' && tensors) this.#audit(imported, tensors, name);
  }

  override render(): TemplateResult {
    const { imported } = this.incoming;
    switch (imported.kind) {
      case 'refused':
        return this.#refused(imported);
      case 'experiments':
        return this.#experiments(imported);
      case 'sweep':
        return this.#sweep(imported);
      case 'case':
        return this.#case(imported);
    }
  }

  #refused({ problems }: Of<'refused'>): TemplateResult {
    return html`<p><b>Nothing has changed:</b> ${this.incoming.name} cannot be used.</p>
      <div role="alert"><ul class="problems">${problems.map((problem) => html`<li>${problem}</li>`)}</ul></div>
      <div class="row"><button class="primary" @click=${this.#close}>Close</button></div>`;
  }

  #experiments({ experiments, titles }: Of<'experiments'>): TemplateResult {
    const ways = waysOf(this.lab.experiments, experiments);
    const way = ways[this.way] ?? ways[0];
    const title = titles.filter(Boolean).join(', ');
    const changes = changesOf(this.lab.experiments, way.experiments);
    return html`<p>${experiments.length === 1 ? 'An experiment' : `${experiments.length} experiments`}${title ? html`: <b>${title}</b>` : ''}.</p>
      <label class="row"><span>Take it</span><select @change=${this.#choose}>
        ${ways.map(({ label }, k) => html`<option value=${k} .selected=${k === this.way}>${label}</option>`)}
      </select></label>
      ${this.#table(changes)}
      <div role="alert">${this.misfit ? html`<p class="bad">${this.misfit}</p>` : ''}</div>
      <div class="row">
        <button class="primary" ?disabled=${changes.length === 0} @click=${() => {
          const { engine, logIterations, quantity, looks } = this.lab;
          const isSame = way.experiments.length === this.lab.experiments.length;
          const { mapRun, baseline, hidden } = isSame ? this.lab : { mapRun: 0, baseline: 0, hidden: [] };
          const settings = { experiments: way.experiments, engine, logIterations, mapRun, baseline, hidden, quantity, looks };
          const take = () => {
            act(this, { type: 'settings', settings, notice: undefined, name: `Import of ${title || this.incoming.name}` });
            this.#close();
          };
          whenFitting(way.experiments, heldAgainst(this.lab), take, (message) => {
            this.misfit = message;
          });
        }}>Take over</button>
        <button class="quiet" @click=${this.#close}>Cancel</button>
      </div>`;
  }

  #sweep({ title, document }: Of<'sweep'>): TemplateResult {
    return html`<p>A sweep: <b>${title}</b>. Taken over, it stands in the Sweep view’s form and waits to be started.</p>
      ${this.#table(sweepChanges(this.sweep, document))}
      <div class="row">
        <button class="primary" @click=${() => {
          this.dispatchEvent(new CustomEvent('open-in-sweep', { detail: document, bubbles: true, composed: true }));
          this.#close();
        }}>Into the Sweep form</button>
        <button class="quiet" @click=${this.#close}>Cancel</button>
      </div>`;
  }

  #case({ title }: Of<'case'>): TemplateResult {
    const { answer } = this;
    return html`<p>A case: <b>${title}</b>, a network, one batch, and what PyTorch computed. It is audited on the CPU engine; the Lab stays as it is.</p>
      ${answer === undefined ? html`<p role="status">Auditing.</p>` : answer.type === 'refused' ? html`<p class="bad" role="alert">${answer.message}</p>` : this.#audited(answer, title)}
      <div class="row"><button class="primary" @click=${this.#close}>Close</button></div>`;
  }

  #audited({ audit, experiment }: Extract<AuditAnswer, { type: 'audited' }>, title: string): TemplateResult {
    return html`<p role="status" class=${audit.passed ? 'good' : 'bad'}><b>${audit.passed ? '● Passed' : '▲ Failed'}</b>: ${formatCount(audit.quantities.length)} kinds of numbers compared.</p>
      <div class="scroll" tabindex="0" role="group" aria-label="Result of the audit"><table>
        <thead><tr><th scope="col">Quantity</th><th scope="col">Compared</th><th scope="col">Worst</th><th scope="col">Tolerance</th><th scope="col">Where</th><th scope="col">Result</th></tr></thead>
        <tbody>${audit.quantities.map(
          ({ quantity, compared, worst, tolerance, measure, where, passed }) => html`<tr>
            <th scope="row">${quantity}</th><td class="num">${formatCount(compared)}</td><td class="num">${formatNumber(worst)}</td>
            <td class="num">${formatNumber(tolerance)} ${measure}</td><td class="num where">${where}</td><td class=${passed ? 'good' : 'bad'}>${passed ? 'pass' : 'FAIL'}</td>
          </tr>`,
        )}</tbody>
      </table></div>
      ${
        'reason' in experiment
          ? html`<p>It cannot be opened as an experiment. ${experiment.reason}</p>`
          : html`<p>As an experiment it keeps its settings, but not ${listed(experiment.lost)}.</p>
            <div class="row"><button @click=${() => this.#offer(experiment.experiment, title)}>Open as an experiment</button></div>`
      }`;
  }

  /** What that would change is shown next. */
  #offer(experiment: Experiment, title: string): void {
    const imported = { kind: 'experiments', experiments: [experiment], titles: [title] } as const;
    this.dispatchEvent(new CustomEvent('import', { detail: { name: title, imported }, bubbles: true, composed: true }));
  }

  #table(changes: readonly Change[]): TemplateResult {
    if (changes.length === 0) return html`<p role="status">It changes nothing: these are the present settings.</p>`;
    const hasRuns = changes.some(({ run }) => run !== '');
    return html`<div class="scroll" tabindex="0" role="group" aria-label="What changes"><table>
        <thead><tr>${hasRuns ? html`<th scope="col">Run</th>` : ''}<th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead>
        <tbody>${changes
          .slice(0, MOST_ROWS)
          .map(
            ({ run, path, field, before, after }) =>
              html`<tr>${hasRuns ? html`<td>${run}</td>` : ''}<th scope="row" title=${path}>${field}</th><td class="num old">${before}</td><td class="num new">${after}</td></tr>`,
          )}</tbody>
      </table></div>
      ${changes.length > MOST_ROWS ? html`<p class="dim">and ${formatCount(changes.length - MOST_ROWS)} more</p>` : ''}`;
  }

  async #audit({ document, tensors: tensorFile }: Of<'case'>, tensors: Uint8Array, file: string): Promise<void> {
    const { incoming } = this;
    const answer = await requestAudit({ document, tensors, file, tensorFile });
    if (this.incoming === incoming) this.answer = answer;
  }

  readonly #choose = (event: Event): void => {
    this.way = Number((event.target as HTMLSelectElement).value);
    this.misfit = undefined;
  };

  readonly #close = (): void => {
    this.dispatchEvent(new CustomEvent('open-dialog', { detail: undefined, bubbles: true, composed: true }));
  };
}
