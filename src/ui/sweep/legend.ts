/** The key to a map's colours and signs. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { VERDICT_KINDS } from '../../metrics/verdict.ts';
import { Colors } from '../colors.ts';
import { symbolOf } from '../run-head.ts';
import { shared } from '../styles.ts';
import { CELL, type Domain, type RunMap } from './map-data.ts';
import { goodIsBright, hatch, VERDICT_TOKENS } from './map-paint.ts';
import type { Outcome } from './outcomes.ts';
import { viridis } from './viridis.ts';

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
    const { map, outcome } = this;
    const has = (kind: number) => map.kind.includes(kind);
    const withValue = (share: (broken: number, finished: number) => boolean) =>
      map.broken.some((n, cell) => n > 0 && map.kind[cell] === CELL.value && share(n, map.finished[cell]));
    const verdict = outcome.scale === 'verdict';
    return html`${verdict ? this.#verdicts() : this.#ramp()}
      ${has(CELL.broken) ? html`<span class="key"><canvas class="hatched" width="26" height="26"></canvas>▲ not finite</span>` : ''}
      ${!verdict && withValue((n, all) => n === all) && !has(CELL.broken) ? html`<span class="key">▲ not finite</span>` : ''}
      ${!verdict && withValue((n, all) => n < all) ? html`<span class="key">◥ some of its runs not finite</span>` : ''}
      ${has(CELL.none) ? html`<span class="key"><i class="none"></i>${outcome.ofBroken ? 'stayed finite' : 'does not apply'}</span>` : ''}
      ${has(CELL.pending) ? html`<span class="key"><i class="pending"></i>not finished</span>` : ''}
      ${has(CELL.absent) ? html`<span class="key"><i class="absent"></i>no run</span>` : ''}`;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('theme')) this.#colors.clear();
    const context = this.hatched?.getContext('2d');
    if (!context) return;
    context.fillStyle = hatch(context, this.#colors.of('--panel'), this.#colors.of('--bad'));
    context.setTransform(2, 0, 0, 2, 0, 0);
    context.fillRect(0, 0, 13, 13);
  }

  #ramp(): TemplateResult {
    const { outcome, domain, map } = this;
    if (map.low > map.high) return html`<span>no value yet</span>`;
    const stops = Array.from({ length: 9 }, (_, k) => `rgb(${viridis(goodIsBright(outcome) ? 1 - k / 8 : k / 8).join(' ')})`);
    return html`<span class="ramp num">${domain.clampedLow ? '≤ ' : ''}${outcome.format(domain.low)}<i style="background: linear-gradient(90deg, ${stops.join(', ')})"></i>${domain.clampedHigh ? '≥ ' : ''}${outcome.format(domain.high)}</span>`;
  }

  #verdicts(): TemplateResult[] {
    return VERDICT_KINDS.filter((_, code) => this.map.value.includes(code)).map(
      (kind) =>
        html`<span class="key"><i style="background: var(${VERDICT_TOKENS[kind]})" aria-hidden="true">${symbolOf(kind)}</i>${kind}</span>`,
    );
  }
}
