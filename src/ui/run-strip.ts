/** The heads of all runs beside one another, and the button that adds one. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { act } from './events.ts';
import './run-head.ts';
import { MAX_RUNS } from './runs.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

@customElement('nabla-run-strip')
export class RunStrip extends LitElement {
  @property({ attribute: false }) lab!: LabState;

  static override styles = [
    shared,
    css`
      :host { display: flex; gap: 10px; min-width: 0; }
      .heads { flex: 1; min-width: 0; display: grid; grid-auto-flow: column; grid-auto-columns: minmax(min(284px, 82vw), 1fr); gap: 10px; overflow-x: auto; overscroll-behavior-x: contain; scrollbar-width: thin; }
      .add { align-self: stretch; min-width: 32px; padding: 0; font-size: 16px; color: var(--dim); }
      @media (max-width: 760px) { .heads.few { grid-auto-flow: row; grid-auto-columns: auto; gap: 8px; } :host(.few) { flex-direction: column; } .add { min-height: 40px; } }
    `,
  ];

  override render(): TemplateResult {
    const { lab } = this;
    const { experiments, target } = lab;
    const copied = target === 'all' ? experiments.length - 1 : target;
    const isFew = experiments.length <= 2;
    this.classList.toggle('few', isFew);
    return html`<div class="heads ${isFew ? 'few' : ''}" role="group" aria-label="Runs" tabindex=${isFew ? -1 : 0}>
        ${experiments.map((_, r) => html`<nabla-run-head .lab=${lab} .run=${r}></nabla-run-head>`)}
      </div>
      <button class="add" ?disabled=${experiments.length >= MAX_RUNS} title="Add a run: a copy of the one that is edited, at most ${MAX_RUNS}"
        aria-label="Add a run" @click=${() => act(this, { type: 'add run', of: copied })}>+</button>`;
  }
}
