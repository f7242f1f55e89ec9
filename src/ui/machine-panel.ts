/** The machine: which engine runs and why, the checks for WebGPU, the adapter with its features and limits, diagnostics to copy. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { type AdapterReport, ENGINE_CHOICES } from '../engine/report.ts';
import { formatCount } from '../metrics/format.ts';
import { checkList, checkListStyles } from './check-list.ts';
import { copyText } from './clipboard.ts';
import { diagnostics } from './engine-help.ts';
import { act } from './events.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';
import { engineName } from './top-bar.ts';

const CHOICES = { auto: 'auto', gpu: 'GPU', cpu: 'CPU' } as const;

@customElement('nabla-machine')
export class MachinePanel extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @state() private copied = false;

  static override styles = [
    shared,
    checkListStyles,
    css`
      :host { display: block; }
      p { margin: 0 0 10px; }
      dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 14px; margin: 0 0 12px; }
      dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
      details { margin-bottom: 12px; } summary { cursor: pointer; padding: 4px 0; min-height: 24px; }
      .limits { max-height: 240px; overflow: auto; }
      .limits dl { font-size: 11.5px; margin: 0; grid-template-columns: minmax(0, max-content) max-content; }
      .limits dt { overflow-wrap: anywhere; } .limits dd { text-align: right; }
      .row { display: flex; gap: 10px; align-items: center; margin-bottom: 14px; flex-wrap: wrap; }
    `,
  ];

  override render(): TemplateResult {
    const { report, engine, checks } = this.lab;
    return html`
      <div class="row">
        <span class="dim" id="choice">Engine to use</span>
        <span class="seg" role="group" aria-labelledby="choice">
          ${ENGINE_CHOICES.map((choice) => html`<button aria-pressed=${choice === engine} @click=${() => act(this, { type: 'engine', engine: choice })}>${CHOICES[choice]}</button>`)}
        </span>
        <span class="dim">a change restarts the runs</span>
      </div>
      <p><b>${engineName(report)}.</b> ${report?.why ?? 'The worker has not answered yet.'}</p>
      <h2>Checks for WebGPU</h2>
      ${checks ? checkList(checks) : html`<p class="dim">${report ? 'None was made, because the CPU engine was asked for. Choose auto or GPU to make them.' : 'They are being made.'}</p>`}
      ${report?.adapter ? this.#adapter(report.adapter) : ''}
      <button @click=${this.#copy}>${this.copied ? 'Copied' : 'Copy diagnostics'}</button>
      <span class="hidden" role="status">${this.copied ? 'Diagnostics copied' : ''}</span>`;
  }

  #adapter(adapter: NonNullable<AdapterReport['adapter']>): TemplateResult {
    const limits = Object.entries(adapter.limits);
    return html`<h2>Adapter</h2>
      <dl>
        ${(['vendor', 'architecture', 'device', 'description'] as const).map((key) => html`<dt>${key}</dt><dd>${adapter[key] || 'not told by the browser'}</dd>`)}
        <dt>kind</dt><dd>${adapter.software ? 'software: the processor plays the part of a graphics card, so it is slow' : 'hardware'}</dd>
        <dt>features</dt><dd>${adapter.features.join(', ') || 'none'}</dd>
      </dl>
      <details><summary>${limits.length} limits</summary>
        <div class="limits" tabindex="0" role="group" aria-label="Limits of the adapter">
          <dl class="num">${limits.map(([name, value]) => html`<dt>${name}</dt><dd>${formatCount(value)}</dd>`)}</dl>
        </div>
      </details>`;
  }

  readonly #copy = async (): Promise<void> => {
    await copyText(await diagnostics(this.lab));
    this.copied = true;
  };
}
