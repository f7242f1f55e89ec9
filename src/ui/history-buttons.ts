/** Undo and redo as buttons that name what they undo. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { act } from './events.ts';
import { type History, latestOf } from './history.ts';
import { shared } from './styles.ts';
import type { View } from './views.ts';

@customElement('nabla-history')
export class HistoryButtons extends LitElement {
  @property({ attribute: false }) history!: History;
  @property() view: View = 'lab';

  static override styles = [
    shared,
    css`
      :host { display: inline-flex; gap: 2px; }
      button { min-width: 28px; padding: 0 6px; font-size: 15px; }
      @media (max-width: 760px) { button { min-height: 40px; min-width: 40px; } }
    `,
  ];

  override render(): TemplateResult {
    return html`${this.#button('undo', 'Undo', '↶', 'Ctrl-Z')}${this.#button('redo', 'Redo', '↷', 'Ctrl-Shift-Z')}`;
  }

  #button(type: 'undo' | 'redo', word: string, sign: string, keys: string): TemplateResult {
    const { view } = this;
    const entry = latestOf(this.history, type, view);
    const label = entry ? `${word}: ${entry.text}` : `Nothing to ${type}`;
    return html`<button class="quiet" aria-label=${label} title="${label} (${keys})" ?disabled=${!entry} @click=${() => act(this, { type, view })}><span aria-hidden="true">${sign}</span></button>`;
  }
}
