/** The settings of the runs: what applies at once, and what restarts them. */
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
import { type EditTarget, listed, runColor, runName } from './runs.ts';
import { type LabState, sharesPlan } from './state.ts';
import { shared } from './styles.ts';

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
      .target { flex-wrap: wrap; }
      .target button[aria-pressed='true'] { background: var(--run); }
      .target .all[aria-pressed='true'] { background: var(--dim); }
      .presets { display: grid; gap: 4px; margin: 0 0 10px; color: var(--dim); }
      select { font: inherit; height: 28px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); padding: 0 6px; min-width: 0; width: 100%; }
      .lost { font-size: 12px; color: var(--dim); border-left: 3px solid var(--bad); padding: 2px 0 2px 8px; margin: 2px 0 6px; }
      .lost button { min-height: 24px; font-size: 12px; padding: 0 7px; }
      .facts { color: var(--faint); margin-top: 12px; border-top: 1px solid var(--line); padding-top: 10px; }
    `,
  ];

  override render(): TemplateResult {
    return html`
      <label class="presets"><span>Start from</span>${this.#presets()}</label>
      <div class="seg target" role="group" aria-label="Run that the controls edit">
        ${this.#targets()}
      </div>
      ${this.#lost()}
      <nabla-form .runs=${this.#runs()} .problems=${this.lab.problems}></nabla-form>
      ${this.#facts()}`;
  }

  #targets(): TemplateResult[] {
    const { experiments, target } = this.lab;
    const isFew = experiments.length <= 3;
    const one = (run: EditTarget, label: string, name: string, color: string) =>
      html`<button class=${run === 'all' ? 'all' : ''} style="--run: var(${color})" aria-pressed=${run === target} aria-label=${name} @click=${() => act(this, { type: 'target', target: run })}>${label}</button>`;
    const runs = experiments.map((_, r) => one(r, isFew ? `Run ${runName(r)}` : runName(r), `Run ${runName(r)}`, runColor(r)));
    if (experiments.length === 1) return runs;
    const all = experiments.length === 2 ? 'A and B' : 'All';
    return [...runs, one('all', all, experiments.length === 2 ? all : 'All runs', '--dim')];
  }

  /** A run whose weights are NaN cannot be cured in mid-run; say so where the cure would be tried. */
  #lost(): TemplateResult | string {
    const { traces, experiments, target } = this.lab;
    const lost = experiments.flatMap((experiment, r) => {
      const edited = target === 'all' || target === r;
      return edited && traces && judge(traces[r], experiment).iteration !== undefined ? [runName(r)] : [];
    });
    if (lost.length === 0) return '';
    return html`<p class="lost">Run ${listed(lost)} ${lost.length > 1 ? 'are' : 'is'} no longer finite; a change shows after a restart.
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
    return experiments.flatMap((experiment, r) => (target === 'all' || target === r ? [{ name: runName(r), experiment }] : []));
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
        ? html`<p>${summaries.length > 1 ? 'The runs share one plan: ' : ''}${facts(summaries[0])}</p>`
        : summaries.map((summary, r) => html`<p>Run ${runName(r)}: ${facts(summary)}</p>`)
    }</div>`;
  }
}
