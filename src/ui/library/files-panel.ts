/** Open, export, keep: everything that goes into the page and out of it. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import '../export/export-panel.ts';
import '../history-buttons.ts';
import { readFiles } from '../import/files.ts';
import type { LabState } from '../state.ts';
import { shared } from '../styles.ts';
import type { View } from '../views.ts';
import './kept-others.ts';
import './kept-runs.ts';

@customElement('nabla-files')
export class FilesPanel extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() view: View = 'lab';

  static override styles = [
    shared,
    css`
      :host { display: block; }
      .row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 6px; }
      input { position: absolute; width: 1px; height: 1px; opacity: 0; }
      @media (max-width: 760px) { button { min-height: 40px; } }
    `,
  ];

  override render(): TemplateResult {
    return html`
      <h2>Open</h2>
      <div class="row">
        <button class="primary" @click=${() => this.renderRoot.querySelector('input')?.click()}>Choose files</button>
        <nabla-history .history=${this.lab.history} .view=${this.view}></nabla-history>
        <input type="file" multiple accept=".json,.safetensors" aria-label="Files to open" tabindex="-1" @change=${this.#choose} />
      </div>
      <p class="dim">Or drop them anywhere on the page, or paste: experiments, a sweep, or a case with its tensors. What would change is shown first.</p>
      <h2>Export</h2>
      <nabla-export .lab=${this.lab}></nabla-export>
      <h2>Kept runs</h2>
      <nabla-kept-runs .lab=${this.lab}></nabla-kept-runs>
      <nabla-kept-others></nabla-kept-others>`;
  }

  readonly #choose = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const files = [...(input.files ?? [])];
    // The same file may be chosen again after it was corrected.
    input.value = '';
    if (files.length === 0) return;
    const detail = await readFiles(files);
    this.dispatchEvent(new CustomEvent('import', { detail, bubbles: true, composed: true }));
  };
}
