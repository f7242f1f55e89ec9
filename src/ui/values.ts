/** What every chart says at the crosshair, in one place: a table of the runs, and its text to take along. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import { copyText } from './clipboard.ts';
import { latestIteration, runLetter } from './readouts.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';
import { valuesAt, valuesText } from './values-data.ts';

@customElement('nabla-values')
export class ValuesPanel extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @state() private open = false;
  @state() private copied = false;

  static override styles = [
    shared,
    css`
      :host { position: relative; }
      summary { cursor: pointer; min-height: 24px; display: inline-flex; align-items: center; padding: 0 8px; border: 1px solid var(--edge); border-radius: var(--r); color: var(--text); }
      summary::-webkit-details-marker { display: none; }
      .panel { position: absolute; right: 0; top: 100%; z-index: 6; margin-top: 4px; max-width: min(760px, 92vw); max-height: 60vh; overflow: auto; padding: 8px 12px; background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); box-shadow: 0 6px 20px var(--shade); }
      table { border-collapse: collapse; }
      th, td { text-align: right; padding: 2px 0 2px 14px; font-weight: 400; white-space: nowrap; }
      th[scope='row'] { text-align: left; color: var(--dim); padding-left: 0; }
      td { font: 12px var(--mono); font-variant-numeric: tabular-nums; }
      @media (max-width: 760px) { summary { min-height: 32px; } .panel { right: auto; left: 0; } }
    `,
  ];

  override render(): TemplateResult {
    const { traces } = this.lab;
    const values = traces && this.open ? valuesAt(this.lab) : undefined;
    return html`<details ?open=${this.open} @toggle=${this.#toggled} @keydown=${this.#key}>
      <summary title="Every chart's values at the crosshair">Values @ <span class="num">&nbsp;${traces ? formatCount(this.lab.hover ?? latestIteration(traces)) : '–'}</span></summary>
      ${
        values
          ? html`<div class="panel" role="region" aria-label="Values at iteration ${values.iteration}" tabindex="0">
            <table>
              <thead><tr><td></td>${values.rows.map((_, r) => html`<th scope="col">${runLetter(r)}</th>`)}</tr></thead>
              <tbody>${values.heads.map((head, k) => html`<tr><th scope="row">${head}</th>${values.rows.map((row) => html`<td>${row[k]}</td>`)}</tr>`)}</tbody>
            </table>
            <button @click=${this.#copy}>${this.copied ? 'Copied' : 'Copy (c)'}</button>
          </div>`
          : ''
      }
    </details>`;
  }

  readonly #toggled = (event: Event): void => {
    this.open = (event.target as HTMLDetailsElement).open;
    this.copied = false;
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.open) return;
    this.open = false;
    this.renderRoot.querySelector('summary')?.focus();
    event.stopPropagation();
  };

  readonly #copy = async (): Promise<void> => {
    await copyText(valuesText(this.lab, location.href));
    this.copied = true;
  };
}
