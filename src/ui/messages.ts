/** What went wrong, in words, with what to do next: failures, refused settings of a link, a missing GPU. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { checkList, checkListStyles } from './check-list.ts';
import { copyText } from './clipboard.ts';
import { diagnostics, missesGpu } from './engine-help.ts';
import { act } from './events.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

@customElement('nabla-messages')
export class Messages extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @state() private copied = false;

  static override styles = [
    shared,
    checkListStyles,
    css`
      :host { display: contents; }
      section { background: var(--panel); border: 1px solid var(--line); border-left: 3px solid var(--warn); border-radius: var(--r); padding: 9px 12px; display: grid; gap: 4px; }
      .gpu { grid-template-columns: minmax(0, 1fr) auto; } .gpu > * { grid-column: 1; } .gpu > .row { grid-column: 2; grid-row: 1 / span 3; align-self: center; margin: 0; }
      @media (max-width: 760px) { .gpu > .row { grid-column: 1; grid-row: auto; } }
      h2 { font-size: 14px; text-transform: none; letter-spacing: 0; color: var(--text); margin: 0; }
      .failure { border-left-color: var(--bad); }
      summary { cursor: pointer; min-height: 24px; display: list-item; color: var(--accent); }
      .row { display: flex; gap: 8px; flex-wrap: wrap; margin-top: 4px; }
      p { white-space: pre-line; overflow-wrap: anywhere; max-width: 90ch; }
    `,
  ];

  override render(): TemplateResult {
    const { failure, notice, report, checks, noGpuDismissed, engine } = this.lab;
    return html`
      ${
        failure
          ? html`<section class="failure" role="alert">
            <h2>Training has stopped</h2>
            <p>${failure}</p>
            ${checks?.some(({ outcome }) => outcome === 'failed') ? checkList(checks) : ''}
            <p class="dim">Run again with these settings, undo the last change, or ${engine === 'cpu' ? 'start from one of the prepared pairs' : 'run on the CPU engine'}.</p>
            <div class="row">
              <button class="primary" @click=${() => act(this, { type: 'restart' })}>Run again</button>
              ${engine === 'cpu' ? '' : html`<button @click=${() => act(this, { type: 'engine', engine: 'cpu' })}>Use the CPU engine</button>`}
              ${this.#copyButton()}<button class="quiet" @click=${() => act(this, { type: 'dismiss', what: 'failure' })}>Dismiss</button>
            </div>
          </section>`
          : ''
      }
      ${
        notice
          ? html`<section role="status">
            <h2>Not everything in the link could be used</h2>
            <p>${notice}</p>
            <div class="row"><button class="quiet" @click=${() => act(this, { type: 'dismiss', what: 'notice' })}>Dismiss</button></div>
          </section>`
          : ''
      }
      ${
        missesGpu(report) && !noGpuDismissed && !failure
          ? html`<section class="gpu" role="status">
            <h2>No WebGPU here: the CPU engine is running</h2>
            <p>${report.why}</p>
            ${checks ? html`<details><summary>What was checked, and what to do next</summary>${checkList(checks)}</details>` : ''}
            <div class="row">${this.#copyButton()}<button class="quiet" @click=${() => act(this, { type: 'dismiss', what: 'no gpu' })}>Dismiss</button></div>
          </section>`
          : ''
      }`;
  }

  #copyButton(): TemplateResult {
    return html`<button @click=${this.#copy}>${this.copied ? 'Copied' : 'Copy diagnostics'}</button>`;
  }

  readonly #copy = async (): Promise<void> => {
    await copyText(await diagnostics(this.lab));
    this.copied = true;
  };
}
