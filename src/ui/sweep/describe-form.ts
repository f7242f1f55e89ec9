/** The description of a sweep: one document, as a form or as JSON; examples, import, export. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { copyText } from '../clipboard.ts';
import type { LabState } from '../state.ts';
import { shared } from '../styles.ts';
import './axis-form.ts';
import './base-form.ts';
import { axesOf, withAxis, withTitle } from './document.ts';
import { entry, entryStyles, sentence } from './entry.ts';
import { EXAMPLES } from './examples.ts';
import './extras-form.ts';
import { type SweepViewState, tell } from './state.ts';

@customElement('nabla-sweep-form')
export class SweepForm extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  @property({ attribute: false }) lab!: LabState;
  @state() private copied = false;

  static override styles = [
    shared,
    entryStyles,
    css`
      :host { display: block; }
      .top { display: flex; justify-content: space-between; gap: 8px; align-items: center; margin-bottom: 8px; }
      .examples { display: grid; gap: 4px; margin-bottom: 10px; }
      .examples button { justify-content: flex-start; text-align: left; line-height: 1.3; padding: 4px 8px; font-size: 12px; }
      .text { height: min(60vh, 560px); margin-bottom: 4px; }
      .row { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 8px; }
      .file { position: relative; } .file input { position: absolute; inset: 0; opacity: 0; cursor: pointer; }
      .file:focus-within { outline: 2px solid var(--accent); outline-offset: 1px; border-radius: var(--r); }
    `,
  ];

  override render(): TemplateResult {
    const { mode } = this.sweep;
    return html`
      <h2>Examples</h2>
      <div class="examples">
        ${EXAMPLES.map(([, document]) => html`<button title=${String(document.claim ?? '')} @click=${() => tell(this, { type: 'document', document })}>${document.title}</button>`)}
      </div>
      <div class="top">
        <h2 style="margin:0">Description</h2>
        <span class="seg" role="group" aria-label="How the sweep is described">
          <button aria-pressed=${mode === 'form'} @click=${() => tell(this, { type: 'mode', mode: 'form' })}>form</button>
          <button aria-pressed=${mode === 'json'} @click=${() => tell(this, { type: 'mode', mode: 'json' })}>JSON</button>
        </span>
      </div>
      <div role="status">${this.sweep.replaced === undefined ? '' : html`<p class="note">The finer sweep stands here now. <button class="small" @click=${() => tell(this, { type: 'unpropose' })}>Bring back what stood here</button></p>`}</div>
      ${mode === 'json' ? this.#json() : this.sweep.textProblem ? this.#unreadable() : this.#form()}
      <div class="row">
        <button class="small" @click=${this.#export}>Save as file</button>
        <span class="file"><button class="small" tabindex="-1" aria-hidden="true">Open a file</button><input type="file" accept=".json,application/json" aria-label="Open a sweep’s file" @change=${this.#import} /></span>
        <button class="small" @click=${this.#copy}>${this.copied ? 'Copied' : 'Copy JSON'}</button>
        <span class="hidden" role="status">${this.copied ? 'The sweep’s JSON is copied' : ''}</span>
      </div>`;
  }

  #json(): TemplateResult {
    return html`<textarea class="text" aria-label="Sweep as JSON" spellcheck="false" .value=${live(this.sweep.text)}
        aria-invalid=${this.sweep.textProblem ? 'true' : 'false'}
        @input=${(event: Event) => tell(this, { type: 'text', text: (event.target as HTMLTextAreaElement).value, isTyped: true })}></textarea>
      ${sentence(this.sweep.textProblem)}
      ${this.sweep.problems.map(({ path, problem }) => sentence(path ? `${path}: ${problem}` : problem))}`;
  }

  #unreadable(): TemplateResult {
    return html`${sentence(this.sweep.textProblem)}
      <button @click=${() => tell(this, { type: 'mode', mode: 'json' })}>Back to the JSON</button>`;
  }

  #form(): TemplateResult {
    const { document, problems } = this.sweep;
    const axes = axesOf(document);
    const all = problems.find(({ path }) => path === 'axes')?.problem;
    return html`
      ${entry({
        id: 'title',
        label: 'Title',
        wide: true,
        value: document.title,
        change: (title) => tell(this, { type: 'document', document: withTitle(document, title) }),
      })}
      <nabla-sweep-base .document=${document} .lab=${this.lab} .problems=${problems}></nabla-sweep-base>
      <h2>Axes</h2>
      ${axes.map((axis, index) => html`<nabla-sweep-axis .document=${document} .axis=${axis} .index=${index} .count=${axes.length} .problems=${problems}></nabla-sweep-axis>`)}
      ${sentence(all)}
      <button class="small" @click=${() => tell(this, { type: 'document', document: withAxis(document, axes.length, { path: '', values: [], range: undefined }) })}>+ Axis</button>
      ${axes.some(({ path }) => path === 'seed') ? '' : html`<button class="small" @click=${() => tell(this, { type: 'document', document: withAxis(document, axes.length, { path: 'seed', values: [1, 2, 3], range: undefined }) })}>+ Seeds</button>`}
      <nabla-sweep-extras .document=${document} .problems=${problems}></nabla-sweep-extras>`;
  }

  readonly #copy = async (): Promise<void> => {
    await copyText(this.sweep.text);
    this.copied = true;
    setTimeout(() => {
      this.copied = false;
    }, 2000);
  };

  readonly #export = (): void => {
    const address = URL.createObjectURL(new Blob([`${this.sweep.text}\n`], { type: 'application/json' }));
    const name = String(this.sweep.document.title ?? 'sweep')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '');
    Object.assign(document.createElement('a'), { href: address, download: `${name || 'sweep'}.json` }).click();
    URL.revokeObjectURL(address);
  };

  readonly #import = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const text = await input.files?.[0]?.text();
    // The same file can be opened again after it has been changed.
    input.value = '';
    if (text !== undefined) tell(this, { type: 'text', text });
  };
}
