/** The sweeps that this browser keeps: continue, open, delete. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { EngineChoice } from '../../engine/report.ts';
import { formatCount } from '../../metrics/format.ts';
import type { StoredSweep } from '../../sweep/sweep-protocol.ts';
import { shared } from '../styles.ts';
import { isWorking, type SweepViewState, tell } from './state.ts';

@customElement('nabla-sweep-stored')
export class SweepStored extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  @property({ attribute: false }) engine: EngineChoice = 'auto';

  static override styles = [
    shared,
    css`
      :host { display: block; }
      :host([hidden]) { display: none; }
      ul { list-style: none; margin: 0 0 14px; padding: 0; }
      li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 8px; padding: 5px 0 6px; border-bottom: 1px solid var(--line); }
      li[aria-current='true'] strong { color: var(--accent); }
      strong { font-weight: 600; overflow-wrap: anywhere; }
      .row { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
      button { min-height: 24px; font-size: 12px; padding: 0 8px; }
      .undo { display: flex; gap: 8px; justify-content: space-between; align-items: center; border: 1px solid var(--line); border-left: 3px solid var(--accent); border-radius: var(--r); padding: 5px 8px; margin-bottom: 8px; }
      @media (max-width: 760px) { button { min-height: 34px; } }
    `,
  ];

  override render(): TemplateResult {
    const { stored, deleted } = this.sweep;
    if (!deleted && (!stored || stored.length === 0)) return html``;
    return html`<h2>Kept in this browser</h2>
      <div role="status">${deleted ? this.#undo(deleted) : ''}</div>
      <ul>${stored?.map((entry) => this.#entry(entry))}</ul>`;
  }

  #entry({ sweepId, title, runs, finished }: StoredSweep): TemplateResult {
    const { open, work, asked } = this.sweep;
    const shown = open?.sweepId === sweepId;
    const busy = isWorking(work) || asked !== undefined;
    const name = title || 'Untitled';
    return html`<li aria-current=${shown ? 'true' : 'false'}>
      <strong>${name}</strong><span class="num dim">${formatCount(finished)} / ${formatCount(runs)}</span>
      <span class="row">
        ${finished < runs ? html`<button ?disabled=${busy} @click=${() => tell(this, { type: 'continue', sweepId, engine: this.engine })} aria-label="Continue ${name}">Continue</button>` : ''}
          <button ?disabled=${busy} @click=${() => tell(this, { type: 'open', sweepId })} aria-label="Open ${name}">Open</button>
          <button class="quiet" ?disabled=${busy && shown} aria-label="Delete ${name}" @click=${() => tell(this, { type: 'delete', sweepId })}>Delete</button>
      </span>
    </li>`;
  }

  /** What was deleted goes for good when the page is opened the next time, or another sweep is deleted. */
  #undo({ sweepId, title, finished }: StoredSweep): TemplateResult {
    return html`<p class="undo"><span>Deleted: ${title || 'Untitled'}, ${formatCount(finished)} finished runs. They go for good when the page is next opened.</span>
      <button @click=${() => tell(this, { type: 'restore', sweepId })} aria-label="Undo: keep ${title || 'Untitled'}">Undo</button></p>`;
  }
}
