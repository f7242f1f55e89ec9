/** The dialogs: the engine and why it runs, the map of the keyboard, and the credits of the data sets. */
import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { ATTRIBUTIONS } from '../data/load.ts';
import { ENGINE_CHOICES } from '../engine/report.ts';
import { formatCount } from '../metrics/format.ts';
import { diagnostics, remedyFor } from './engine-help.ts';
import { act } from './events.ts';
import './key-map.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';
import { engineName } from './top-bar.ts';

export type DialogName = 'engine' | 'keys' | 'credits';
const ENGINE_LABELS = { auto: 'auto', gpu: 'GPU', cpu: 'CPU' } as const;

@customElement('nabla-dialogs')
export class Dialogs extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property({ attribute: false }) open: DialogName | undefined;
  @state() private copied = false;

  static override styles = [
    shared,
    css`
      wa-dialog { --width: min(620px, calc(100vw - 24px)); font-size: 13px; }
      p { margin: 0 0 10px; }
      dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 14px; margin: 0 0 12px; }
      dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
      details { margin-bottom: 12px; } summary { cursor: pointer; padding: 4px 0; min-height: 24px; }
      .limits { max-height: 240px; overflow: auto; font-size: 11.5px; }
      .row { display: flex; gap: 10px; align-items: center; margin-bottom: 14px; flex-wrap: wrap; }
      section { padding: 10px 0; border-top: 1px solid var(--line); } section:first-of-type { border: 0; padding-top: 0; }
      section h3 { margin-bottom: 2px; }
      section p { margin: 0 0 2px; }
    `,
  ];

  override render(): TemplateResult {
    return html`
      <wa-dialog label="Engine" light-dismiss ?open=${this.open === 'engine'} @wa-after-hide=${this.#closed}>${this.open === 'engine' ? this.#engine() : ''}</wa-dialog>
      <wa-dialog label="Keyboard" light-dismiss ?open=${this.open === 'keys'} @wa-after-hide=${this.#closed}>${this.open === 'keys' ? html`<nabla-key-map></nabla-key-map>` : ''}</wa-dialog>
      <wa-dialog label="Credits" light-dismiss ?open=${this.open === 'credits'} @wa-after-hide=${this.#closed}>${this.open === 'credits' ? this.#credits() : ''}</wa-dialog>`;
  }

  #engine(): TemplateResult {
    const { report, engine } = this.lab;
    const adapter = report?.adapter;
    return html`
      <div class="row">
        <span class="dim" id="choice">Engine to use</span>
        <span class="seg" role="group" aria-labelledby="choice">
          ${ENGINE_CHOICES.map((choice) => html`<button aria-pressed=${choice === engine} @click=${() => act(this, { type: 'engine', engine: choice })}>${ENGINE_LABELS[choice]}</button>`)}
        </span>
        <span class="dim">a change restarts both runs</span>
      </div>
      <p><b>${engineName(report)}.</b> ${report?.why ?? 'The worker has not answered yet.'}</p>
      ${report?.noGpu ? html`<p class="dim">${remedyFor(report.noGpu)}</p>` : ''}
      ${
        adapter
          ? html`<dl>
            ${(['vendor', 'architecture', 'device', 'description'] as const).map((key) => html`<dt>${key}</dt><dd>${adapter[key] || 'not told by the browser'}</dd>`)}
            <dt>kind</dt><dd>${adapter.software ? 'software: the processor plays the part of a graphics card, so it is slow' : 'hardware'}</dd>
            <dt>features</dt><dd>${adapter.features.join(', ') || 'none'}</dd>
          </dl>
          <details><summary>Limits</summary><dl class="limits num">${Object.entries(adapter.limits).map(([name, value]) => html`<dt>${name}</dt><dd>${formatCount(value)}</dd>`)}</dl></details>`
          : ''
      }
      <button @click=${this.#copy}>${this.copied ? 'Copied' : 'Copy diagnostics'}</button>
      <span class="hidden" role="status">${this.copied ? 'Diagnostics copied' : ''}</span>`;
  }

  #credits(): TemplateResult {
    return html`${Object.values(ATTRIBUTIONS).map(
      ({ title, credit, licence, url }) => html`<section>
        <h3>${title}</h3>
        <p>${credit}</p>
        <p class="dim">${licence}${url ? html` · <a href=${url} target="_blank" rel="noreferrer">source</a>` : ''}</p>
      </section>`,
    )}
      <section>
        <h3>Software in this page</h3>
        <p>Lit, uPlot, Web Awesome (MIT; its system icons are Font Awesome Free, CC BY 4.0), Valibot (MIT). Colour maps inferno and viridis by Nathaniel Smith, Stéfan van der Walt and Eric Firing (CC0). Series colours after Okabe and Ito.</p>
      </section>`;
  }

  readonly #copy = async (): Promise<void> => {
    await copyText(diagnostics(this.lab.report));
    this.copied = true;
  };

  readonly #closed = (): void => {
    this.copied = false;
    this.dispatchEvent(new CustomEvent('open-dialog', { detail: undefined, bubbles: true, composed: true }));
  };
}

/** Copies, also where the clipboard needs a permission that the page does not have. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  }
}
