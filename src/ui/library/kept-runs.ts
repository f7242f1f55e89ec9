/** The runs that this browser keeps: open, rename, export, delete; and how full its storage is. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCount } from '../../metrics/format.ts';
import type { Trace } from '../../metrics/trace.ts';
import { act, emitDeletion } from '../events.ts';
import { download } from '../export/download.ts';
import { traceFile } from '../export/tables.ts';
import { symbolOf } from '../run-head.ts';
import { MAX_RUNS } from '../runs.ts';
import type { LabState } from '../state.ts';
import { shared } from '../styles.ts';
import { formatBytes } from './bytes.ts';
import { keepRuns, runStore } from './keep.ts';
import type { KeptRun } from './run-store.ts';

interface Quota {
  readonly usage: number;
  readonly quota: number;
  readonly persisted: boolean;
}

@customElement('nabla-kept-runs')
export class KeptRuns extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @state() private runs: readonly KeptRun[] | undefined;
  @state() private quota: Quota | undefined;
  @state() private said = '';
  /** Run whose name is being typed. */
  @state() private named: string | undefined;

  static override styles = [
    shared,
    css`
      :host { display: grid; gap: 8px; }
      .row { display: flex; flex-wrap: wrap; gap: 6px 8px; align-items: center; }
      .bar { height: 8px; border: 1px solid var(--edge); border-radius: 99px; overflow: hidden; background: var(--panel); }
      .bar i { display: block; height: 100%; background: var(--accent); min-width: 2px; }
      ul { list-style: none; margin: 0; padding: 0; max-height: 38vh; overflow: auto; position: relative; }
      li { display: grid; gap: 2px; padding: 7px 0; border-bottom: 1px solid var(--line); }
      strong { overflow-wrap: anywhere; }
      input { font: inherit; min-height: 28px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); padding: 0 6px; min-width: 0; flex: 1; }
      li button { min-height: 24px; font-size: 12px; padding: 0 8px; }
      .exploding, .diverged { color: var(--bad); } .vanishing, .stuck { color: var(--warn); } .healthy { color: var(--good); }
      .bad { color: var(--bad); }
      @media (max-width: 760px) { button, li button, input { min-height: 40px; } ul { max-height: none; } }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('kept-runs', this.#reread);
    this.#read();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('kept-runs', this.#reread);
  }

  /** A run was put away, or an undo has brought one back. */
  readonly #reread = (): void => void this.#read();

  override render(): TemplateResult {
    const { runs } = this;
    const trained = !this.lab.stored && (this.lab.traces?.some(({ length }) => length > 0) ?? false);
    return html`
      <div class="row">
        <button ?disabled=${!trained} @click=${this.#keep}>Keep the present runs</button>
        <span class="dim">a run that finishes is kept by itself</span>
      </div>
      ${this.said ? html`<p role="status">${this.said}</p>` : ''}
      ${this.#quota()}
      ${runs === undefined ? '' : runs.length === 0 ? html`<p class="dim">No runs are kept yet.</p>` : html`<ul aria-label="Kept runs" tabindex="0">${runs.map((run) => this.#run(run))}</ul>`}`;
  }

  #quota(): TemplateResult | string {
    if (!this.quota) return '';
    const { usage, quota, persisted } = this.quota;
    const share = quota > 0 ? (100 * usage) / quota : 0;
    const words = `${formatBytes(usage)} of ${formatBytes(quota)} of this browser’s storage in use (${share < 0.1 ? 'under 0.1' : share.toFixed(1)} %), stored sweeps and checkpoints with it`;
    return html`<div class="bar" role="meter" aria-label="Storage" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${share.toFixed(1)} aria-valuetext=${words}><i style="width: ${Math.min(100, share)}%"></i></div>
      <div class="row"><span class="dim">${words}.</span>
        ${persisted ? html`<span class="dim">It is persistent: the browser does not clear it by itself.</span>` : html`<button @click=${this.#persist}>Ask the browser not to clear it</button>`}
      </div>`;
  }

  #run(run: KeptRun): TemplateResult {
    const { id, name, keptAt, verdict, iterations, bytes, changes } = run;
    return html`<li>
      ${
        this.named === id
          ? html`<form class="row" @submit=${(event: Event) => this.#rename(event, id)}><input aria-label="Name" maxlength="120" .value=${name} /><button>Save</button><button type="button" class="quiet" @click=${() => {
              this.named = undefined;
            }}>Cancel</button></form>`
          : html`<span><strong>${name}</strong> <span class=${verdict.kind}>${symbolOf(verdict.kind)} ${verdict.title}</span></span>`
      }
      <span class="dim">${new Date(keptAt).toLocaleString()}, ${formatCount(iterations)} iterations, ${formatBytes(bytes)}${changes.length > 0 ? `, changed in mid-run at ${changes.join('; ')}` : ''}</span>
      <span class="row">
        <button aria-label="Open ${name}" title="Show its curves as they were kept" @click=${() => this.#show(run, false)}>Open</button>
        ${this.lab.stored ? html`<button aria-label="Open ${name} beside" title="Show its curves beside those that are open" ?disabled=${this.lab.experiments.length >= MAX_RUNS} @click=${() => this.#show(run, true)}>Beside</button>` : ''}
        <button aria-label="Train ${name}" title="Take its experiment over, to train it again" @click=${() => this.#train(run)}>Train</button>
        <button aria-label="Rename ${name}" @click=${() => {
          this.named = id;
        }}>Rename</button>
        <button aria-label="Curves of ${name} as CSV" @click=${() => this.#export(run)}>CSV</button>
        <button class="quiet" aria-label="Delete ${name}" @click=${() => emitDeletion(this, { what: 'run', id }, name)}>Delete</button>
      </span>
    </li>`;
  }

  async #read(): Promise<void> {
    await this.#attempt(async () => {
      this.runs = await (await runStore()).list();
    });
    const { storage } = navigator as { storage?: StorageManager };
    if (!storage?.estimate) return;
    const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([storage.estimate(), storage.persisted()]);
    this.quota = { usage, quota, persisted };
  }

  readonly #keep = (): Promise<void> =>
    this.#attempt(async () => {
      const kept = await keepRuns(this.lab, true);
      this.said = `${kept === 1 ? 'One run' : `${kept} runs`} kept.`;
      await this.#read();
    });

  readonly #persist = async (): Promise<void> => {
    const granted = await navigator.storage.persist();
    this.said = granted
      ? ''
      : 'The browser did not agree; it may clear the storage when the disk is full. Export what must stay.';
    await this.#read();
  };

  #show({ id, name, experiment, changes, keptAt, summary, trainedBy }: KeptRun, beside: boolean): Promise<void> {
    return this.#attempt(async () => {
      const trace = await this.#trace(id, name);
      const marks = changes.map((change) => ({ iteration: Number.parseInt(change, 10), text: change.replace(/^\d+: /, '') }));
      act(this, { type: 'stored', runs: [{ title: name, experiment, trace, summary, marks, keptAt, trainedBy }], beside });
      this.dispatchEvent(new CustomEvent('go', { detail: 'lab', bubbles: true, composed: true }));
      // Whoever puts curves beside others may want more of them.
      if (beside) this.said = `“${name}” is open beside the others.`;
      else this.dispatchEvent(new CustomEvent('open-dialog', { detail: undefined, bubbles: true, composed: true }));
    });
  }

  async #trace(id: string, name: string): Promise<Trace> {
    const trace = await (await runStore()).trace(id);
    if (!trace) throw new Error(`The curves of “${name}” are not there any more.`);
    return trace;
  }

  /** As an import, so that what changes is seen first. */
  #train({ name, experiment }: KeptRun): void {
    const imported = { kind: 'experiments', experiments: [experiment], titles: [name] } as const;
    this.dispatchEvent(new CustomEvent('import', { detail: { name, imported }, bubbles: true, composed: true }));
  }

  async #rename(event: Event, id: string): Promise<void> {
    event.preventDefault();
    const name = (event.target as HTMLFormElement).querySelector('input')?.value.trim();
    this.named = undefined;
    await this.#attempt(async () => {
      if (name) await (await runStore()).rename(id, name);
      await this.#read();
    });
  }

  #export({ id, name, experiment }: KeptRun): Promise<void> {
    return this.#attempt(async () => {
      const trace = await this.#trace(id, name);
      const { parts, type } = await traceFile('csv', 'traces', [{ name, trace, experiment }]);
      download(`nablascope-${id}.csv`, parts, type);
    });
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.said = error instanceof Error ? error.message : String(error);
    }
  }
}
