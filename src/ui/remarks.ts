/** What a person should know of who comes back: runs that wait where they were before a reload, and what happened meanwhile. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import { act } from './events.ts';
import { formatDuration } from './format.ts';
import { runName } from './runs.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

const ENGINE = { gpu: 'WebGPU', cpu: 'the CPU engine' } as const;

@customElement('nabla-remarks')
export class Remarks extends LitElement {
  @property({ attribute: false }) lab!: LabState;

  static override styles = [
    shared,
    css`
      :host { display: contents; }
      section { background: var(--panel); border: 1px solid var(--line); border-left: 3px solid var(--accent); border-radius: var(--r); padding: 9px 12px; display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; }
      div { flex: 1 1 340px; min-width: 0; }
      h2 { font-size: 14px; text-transform: none; letter-spacing: 0; color: var(--text); margin: 0 0 2px; }
      p { overflow-wrap: anywhere; max-width: 90ch; }
      .row { display: flex; flex: none; gap: 8px; flex-wrap: wrap; }
    `,
  ];

  override render(): TemplateResult {
    const { resumed, remark, stored } = this.lab;
    return html`
      ${stored ? this.#kept(stored) : ''}
      ${resumed ? this.#offer(resumed) : ''}
      ${
        remark
          ? html`<section role="status">
            <div><h2>${remark.title}</h2><p>${remark.text}</p></div>
            <span class="row"><button class="quiet" @click=${() => act(this, { type: 'dismiss', what: 'remark' })}>Dismiss</button></span>
          </section>`
          : ''
      }`;
  }

  #kept(runs: NonNullable<LabState['stored']>): TemplateResult {
    const words = runs.map(({ keptAt, trainedBy }, r) => {
      const by = trainedBy ? `, trained by ${ENGINE[trainedBy]}` : '';
      return `${runs.length > 1 ? `${runName(r)}: ` : ''}${new Date(keptAt).toLocaleString()}${by}`;
    });
    return html`<section role="status">
      <div>
        <h2>${runs.length > 1 ? 'Kept runs' : 'A kept run'}: nothing trains</h2>
        <p>These are the curves as they were kept. ${words.join('; ')}. A change of the settings trains anew; <i>Files</i> puts further kept runs beside.</p>
      </div>
      <span class="row"><button @click=${() => act(this, { type: 'restart' })}>Train again</button></span>
    </section>`;
  }

  #offer({ iteration, trainedBy, keptAt }: NonNullable<LabState['resumed']>): TemplateResult {
    const { runState, report } = this.lab;
    const isDone = runState === 'finished';
    const ago = formatDuration(Math.max(0, Date.now() - keptAt) / 1000);
    const other =
      report && report.engine !== trainedBy
        ? ` They were trained by ${ENGINE[trainedBy]}; ${ENGINE[report.engine]} goes on, whose rounding differs.`
        : '';
    return html`<section role="status">
      <div>
        <h2>${isDone ? 'The runs have finished' : `The runs wait at iteration ${formatCount(iteration)}`}</h2>
        <p>What was trained was kept ${ago} ago${isDone ? '' : ' and goes on with the same bits'}.${other}</p>
      </div>
      <span class="row">
        ${isDone ? '' : html`<button class="primary" @click=${() => act(this, { type: 'play', command: 'start' })}>Resume at iteration ${formatCount(iteration)}</button>`}
        <button @click=${this.#startOver}>Start over</button>
      </span>
    </section>`;
  }

  readonly #startOver = (): void => {
    act(this, { type: 'restart' });
    act(this, { type: 'play', command: 'start' });
  };
}
