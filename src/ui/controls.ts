/** The settings of both runs: what applies at once, and what restarts them. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import { judge } from '../metrics/verdict.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { act } from './events.ts';
import './form/form.ts';
import { formatBytes } from '../metrics/format.ts';
import type { FormRun } from './form/rows.ts';
import { PAIRS } from './pairs.ts';
import { type EditTarget, RUN_NAMES } from './settings.ts';
import { type LabState, sharesPlan } from './state.ts';
import { shared } from './styles.ts';

const TARGETS: readonly { readonly target: EditTarget; readonly label: string }[] = [
  { target: 'a', label: 'Run A' },
  { target: 'b', label: 'Run B' },
  { target: 'both', label: 'A and B' },
];

@customElement('nabla-controls')
export class Controls extends LitElement {
  @property({ attribute: false }) lab!: LabState;

  static override styles = [
    shared,
    css`
      :host { display: block; }
      .target { display: flex; width: 100%; }
      .target button { flex: 1; min-height: 28px; }
      .target button[aria-pressed='true'] { color: var(--panel); box-shadow: none; }
      .target .a[aria-pressed='true'] { background: var(--run-a); }
      .target .b[aria-pressed='true'] { background: var(--run-b); }
      .target .both[aria-pressed='true'] { background: linear-gradient(90deg, var(--run-a) 50%, var(--run-b) 50%); }
      .presets { display: grid; gap: 4px; margin: 0 0 10px; color: var(--dim); }
      select { font: inherit; height: 28px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); padding: 0 6px; min-width: 0; width: 100%; }
      .lost { font-size: 12px; color: var(--dim); border-left: 3px solid var(--bad); padding: 2px 0 2px 8px; margin: 2px 0 6px; }
      .lost button { min-height: 24px; font-size: 12px; padding: 0 7px; }
      .facts { color: var(--faint); margin-top: 12px; border-top: 1px solid var(--line); padding-top: 10px; }
    `,
  ];

  override render(): TemplateResult {
    const { target } = this.lab;
    return html`
      <label class="presets"><span>Start from</span>${this.#presets()}</label>
      <div class="seg target" role="group" aria-label="Run that the controls edit">
        ${TARGETS.map(({ target: t, label }) => html`<button class=${t} aria-pressed=${t === target} @click=${() => act(this, { type: 'target', target: t })}>${label}</button>`)}
      </div>
      ${this.#lost()}
      <nabla-form .runs=${this.#runs()} .problems=${this.lab.problems}></nabla-form>
      ${this.#facts()}`;
  }

  /** A run whose weights are NaN cannot be cured in mid-run; say so where the cure would be tried. */
  #lost(): TemplateResult | string {
    const { traces, experiments, target } = this.lab;
    const lost = RUN_NAMES.filter((name, r) => {
      const edited = target === 'both' || target === name.toLowerCase();
      return edited && traces && judge(traces[r], experiments[r]).iteration !== undefined;
    });
    if (lost.length === 0) return '';
    return html`<p class="lost">Run ${lost.join(' and ')} is no longer finite; a change shows after a restart.
      <button @click=${() => act(this, { type: 'restart' })}>↺ Restart</button></p>`;
  }

  #presets(): TemplateResult {
    const current = PAIRS.find(({ experiments }) => canonicalJson(experiments) === canonicalJson(this.lab.experiments));
    return html`<select @change=${(event: Event) => act(this, { type: 'pair', id: (event.target as HTMLSelectElement).value })}>
      ${current ? '' : html`<option selected disabled>own settings</option>`}
      ${PAIRS.map(({ id, label }) => html`<option value=${id} .selected=${id === current?.id}>${label}</option>`)}
    </select>`;
  }

  /** The runs that the controls edit. */
  #runs(): FormRun[] {
    const { target, experiments } = this.lab;
    return RUN_NAMES.flatMap((name, r) =>
      target === 'both' || target === name.toLowerCase() ? [{ name, experiment: experiments[r] }] : [],
    );
  }

  #facts(): TemplateResult {
    const { summaries } = this.lab;
    if (!summaries) return html`<p class="facts num">loading</p>`;
    const shares = sharesPlan(summaries);
    const facts = ({ parameters, replicas, bytes, dispatchesPerIteration }: PlanSummary) =>
      html`${formatCount(parameters)} parameters · ${replicas} ${replicas === 1 ? 'replica' : 'replicas'} · ${formatBytes(bytes)} ·
      ${formatCount(dispatchesPerIteration)} dispatches an iteration`;
    return html`<div class="facts num">${
      shares
        ? html`<p>Run A and run B share one plan: ${facts(summaries[0])}</p>`
        : RUN_NAMES.map((name, r) => html`<p>Run ${name}: ${facts(summaries[r])}</p>`)
    }</div>`;
  }
}
