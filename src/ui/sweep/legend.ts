/** The key to a map's colours and signs. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { Colors } from '../colors.ts';
import { shared } from '../styles.ts';
import type { Domain, RunMap } from './map-data.ts';
import { keyOf, type MapKey } from './map-key.ts';
import { hatch } from './map-paint.ts';
import type { Outcome } from './outcomes.ts';

@customElement('nabla-sweep-legend')
export class SweepLegend extends LitElement {
  @property({ attribute: false }) outcome!: Outcome;
  @property({ attribute: false }) domain!: Domain;
  @property({ attribute: false }) map!: RunMap;
  @property() theme = '';
  @query('.hatched') private hatched!: HTMLCanvasElement | null;
  readonly #colors = new Colors(this);

  static override styles = [
    shared,
    css`
      :host { display: flex; flex-wrap: wrap; gap: 3px 14px; align-items: center; color: var(--dim); font-size: 12px; min-height: 22px; }
      .ramp { display: inline-flex; gap: 6px; align-items: center; }
      .ramp i { width: 132px; height: 11px; border-radius: 2px; }
      .key { display: inline-flex; gap: 5px; align-items: center; }
      .key i, canvas { width: 13px; height: 13px; border-radius: 2px; display: inline-grid; place-items: center; font-style: normal; font-size: 9px; color: var(--panel); }
      .pending { background: var(--raise); border: 1px solid var(--edge); } .none { background: var(--line); } .absent { border: 1px dashed var(--edge); }
    `,
  ];

  override render(): TemplateResult {
    const { outcome, domain, map } = this;
    const { ramp, signs } = keyOf(outcome, domain, map);
    const empty = outcome.scale === 'verdict' ? '' : html`<span>no value yet</span>`;
    return html`${ramp ? html`<span class="ramp num">${ramp.low}<i style="background: linear-gradient(90deg, ${ramp.colors.join(', ')})"></i>${ramp.high}</span>` : empty}
      ${signs.map((sign) => html`<span class="key">${mark(sign)}${sign.text}</span>`)}`;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('theme')) this.#colors.clear();
    const context = this.hatched?.getContext('2d');
    if (!context) return;
    context.fillStyle = hatch(context, this.#colors.of('--panel'), this.#colors.of('--bad'));
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.fillRect(0, 0, 13, 13);
  }
}

function mark({ kind, fill, sign }: MapKey['signs'][number]): TemplateResult | string {
  switch (kind) {
    case 'square':
      return html`<i style="background: var(${fill})" aria-hidden="true">${sign}</i>`;
    case 'hatched':
      return html`<canvas class="hatched" width="26" height="26"></canvas>${sign} `;
    case 'letter':
      return `${sign} `;
    default:
      return html`<i class=${kind}></i>`;
  }
}
