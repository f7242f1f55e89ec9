/** How the charts are looked at: scale of the iterations, zoom, key to the lines. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import { act } from './events.ts';
import { runColor, runDash, runName } from './runs.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';
import './values.ts';

@customElement('nabla-view-bar')
export class ViewBar extends LitElement {
  @property({ attribute: false }) lab!: LabState;

  static override styles = [
    shared,
    css`
      :host { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 14px; color: var(--dim); font-size: 12px; min-height: 26px; }
      .key { display: inline-flex; align-items: center; gap: 6px; }
      .key i { width: 18px; height: 0; border-top: 2px solid var(--run); }
      .grow { flex: 1; }
      .zoom { min-height: 24px; font-size: 12px; }
      @media (max-width: 760px) { .help { display: none; } .seg button { min-height: 32px; } }
    `,
  ];

  override render(): TemplateResult {
    const { logIterations, zooms, experiments, marks, hidden } = this.lab;
    const zoom = zooms.at(-1);
    const clipped = experiments.some(({ clip }) => clip.rule === 'torch_norm' || clip.rule === 'tensorflow_global_norm');
    return html`
      ${experiments.map((_, r) => (hidden.includes(r) ? '' : html`<span class="key"><svg width="22" height="4" aria-hidden="true"><line x1="0" y1="2" x2="22" y2="2" stroke="var(${runColor(r)})" stroke-width="2" stroke-dasharray=${runDash(r).join(' ')} /></svg>${experiments.length > 4 ? '' : 'run '}${runName(r)}</span>`))}
      ${clipped ? html`<span class="key" style="--run: var(--accent)"><i style="border-top-style: dashed"></i>clip</span>` : ''}
      <span class="key">▲ not finite</span>
      ${marks.length > 0 ? html`<span class="key">┊ change</span>` : ''}
      <span class="grow"></span>
      <nabla-values .lab=${this.lab}></nabla-values>
      ${
        zoom
          ? html`<button class="zoom" title="Show everything (double-click a chart, or Backspace)" @click=${() => act(this, { type: 'zoom back', all: true })}>
            ${formatCount(zoom[0])} … ${formatCount(zoom[1])} ✕<span class="hidden">Reset zoom</span></button>`
          : html`<span class="help">drag in a chart to zoom</span>`
      }
      <span class="key"><span id="scale">Iterations</span>
      <span class="seg" role="group" aria-labelledby="scale">
        <button aria-pressed=${!logIterations} @click=${() => act(this, { type: 'log iterations', on: false })}>linear</button>
        <button aria-pressed=${logIterations} @click=${() => act(this, { type: 'log iterations', on: true })}>log</button>
      </span></span>`;
  }
}
