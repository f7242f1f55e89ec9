/** A finer sweep of what is selected: how its axes would lie, how many runs that is, and the way into the form. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCount, formatRuns } from '../../metrics/format.ts';
import { shared } from '../styles.ts';
import { constraintsOf } from './document.ts';
import { FACTORS, type Factor, proposeFiner, type RefinedAxis } from './refine.ts';
import type { Selected } from './selection.ts';
import { type OpenSweep, tell } from './state.ts';

@customElement('nabla-sweep-refine')
export class SweepRefine extends LitElement {
  @property({ attribute: false }) open!: OpenSweep;
  @property({ attribute: false }) selected!: Selected;
  @state() private factor: Factor = 4;

  static override styles = [
    shared,
    css`
      :host { display: block; overflow-x: auto; }
      table { border-collapse: collapse; font-size: 12px; margin: 4px 0; }
      th, td { text-align: left; padding: 2px 14px 2px 0; border-bottom: 1px solid var(--line); font-weight: 400; }
      thead th { color: var(--dim); } td { font-family: var(--mono); font-variant-numeric: tabular-nums; }
      .changed td:nth-of-type(2) { font-weight: 600; }
      .seg button { min-width: 30px; }
      .row { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
      @media (max-width: 760px) { button, .seg button { min-height: 34px; min-width: 34px; } }
    `,
  ];

  override render(): TemplateResult {
    const { document, table } = this.open;
    const proposal = proposeFiner(document, table, this.selected, this.factor);
    if (!proposal)
      return html`<p class="dim">The selection leaves every axis whole, so there is nothing to refine: select a part of the map, or of an axis.</p>`;
    const atMost = constraintsOf(document).length > 0 ? 'at most ' : '';
    return html`<div class="row">
        <span>Steps in the place of one</span>
        <span class="seg" role="group" aria-label="Steps in the place of one">
          ${FACTORS.map(
            (factor) =>
              html`<button aria-pressed=${factor === this.factor} @click=${() => {
                this.factor = factor;
              }}>${factor}</button>`,
          )}
        </span>
      </div>
      <table>
        <caption class="hidden">Axes of the finer sweep</caption>
        <thead><tr><th scope="col">axis</th><th scope="col">now</th><th scope="col">finer</th><th scope="col">values</th></tr></thead>
        <tbody>${proposal.axes.map((axis) => this.#axis(axis))}</tbody>
      </table>
      <div class="row">
        <b class="num" role="status">${atMost}${formatRuns(proposal.runs)}</b>
        <button class="primary" @click=${() => {
          tell(this, { type: 'propose', document: proposal.document });
          this.dispatchEvent(new CustomEvent('done', { bubbles: true }));
        }}>Put into the form</button>
        <span class="dim">Nothing starts yet; the form counts the runs again.</span>
      </div>`;
  }

  #axis({ name, before, after, count, changed }: RefinedAxis): TemplateResult {
    return html`<tr class=${changed ? 'changed' : ''}><th scope="row">${name}</th><td>${before}</td><td>${changed ? after : 'as now'}</td><td>${count === undefined ? 'drawn' : formatCount(count)}</td></tr>`;
  }
}
