/** The settings of both runs: what applies at once, and what restarts them. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import { judge } from '../metrics/verdict.ts';
import { canonicalJson } from '../model/experiment.ts';
import type { Experiment } from '../model/schema.ts';
import type { PlanSummary } from '../plan/summary.ts';
import { act } from './events.ts';
import './field.ts';
import { formatBytes } from '../metrics/format.ts';
import { applies, FIELDS, type Field, type FieldGroup, fieldValue, MORE_FIELDS } from './fields.ts';
import { PAIRS } from './pairs.ts';
import { fieldFor } from './recurrent-fields.ts';
import { changedPaths, type EditTarget, RUN_NAMES } from './settings.ts';
import { type LabState, sharesPlan } from './state.ts';
import { shared } from './styles.ts';

const GROUPS: readonly { readonly group: FieldGroup; readonly title: string; readonly note: (target: string) => string }[] = [
  { group: 'live', title: 'While it runs', note: (target) => `${target}; applies at the next iteration` },
  { group: 'start', title: 'Start', note: (target) => `${target}; both begin again` },
  { group: 'network', title: 'Network and data', note: (target) => `${target}; both begin again` },
];
const TARGETS: readonly { readonly target: EditTarget; readonly label: string }[] = [
  { target: 'a', label: 'Run A' },
  { target: 'b', label: 'Run B' },
  { target: 'both', label: 'A and B' },
];

@customElement('nabla-controls')
export class Controls extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  #changed = new WeakMap<Experiment, ReadonlySet<string>>();

  static override styles = [
    shared,
    css`
      :host { display: block; }
      h2 { display: flex; justify-content: space-between; gap: 8px; border-top: 1px solid var(--line); padding-top: 10px; margin: 10px 0 4px; }
      .note { display: flex; align-items: center; gap: 6px; color: var(--faint); font-size: 11.5px; margin-bottom: 4px; }
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
      summary { cursor: pointer; color: var(--accent); min-height: 24px; padding: 3px 0; }
      .facts { color: var(--faint); margin-top: 12px; border-top: 1px solid var(--line); padding-top: 10px; }
    `,
  ];

  override render(): TemplateResult {
    const { target } = this.lab;
    const whose = target === 'both' ? 'runs A and B' : `run ${target.toUpperCase()}`;
    return html`
      <label class="presets"><span>Start from</span>${this.#presets()}</label>
      <div class="seg target" role="group" aria-label="Run that the controls edit">
        ${TARGETS.map(({ target: t, label }) => html`<button class=${t} aria-pressed=${t === target} @click=${() => act(this, { type: 'target', target: t })}>${label}</button>`)}
      </div>
      ${GROUPS.map(
        ({ group, title, note }) => html`
        <section aria-label=${title}>
          <h2>${title}</h2>
          <p class="note">${this.#tags()}<span>${note(whose)}</span></p>${group === 'live' ? this.#lost() : ''}
          ${this.#fields(FIELDS, group).map((field) => this.#field(field))} ${this.#more(group)}
        </section>`,
      )}
      ${this.#facts()}`;
  }

  #fields(all: readonly Field[], group: FieldGroup): Field[] {
    return all.filter((field) => field.group === group && applies(field, this.#experiment(field)));
  }

  /** Settings that are rarely touched, open where one of them has been. */
  #more(group: FieldGroup): TemplateResult | string {
    const fields = this.#fields(MORE_FIELDS, group);
    if (fields.length === 0) return '';
    const touched = fields.filter((field) => this.#changes(this.#experiment(field)).has(field.path)).length;
    return html`<details ?open=${touched > 0}><summary>${fields.length} more${touched > 0 ? html` <span class="dim">· ${touched} changed</span>` : ''}</summary>
      ${fields.map((field) => this.#field(field))}</details>`;
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

  #tags(): TemplateResult {
    const { target } = this.lab;
    return html`${target !== 'b' ? html`<span class="tag a" aria-hidden="true">A</span>` : ''}${target !== 'a' ? html`<span class="tag b" aria-hidden="true">B</span>` : ''}`;
  }

  /** The run whose value a control shows: run B's where only that one is edited, or only that one has the field. */
  #experiment(field: Field): Experiment {
    const { experiments, target } = this.lab;
    if (target === 'b') return experiments[1];
    return target === 'both' && !applies(field, experiments[0]) ? experiments[1] : experiments[0];
  }

  #field(field: Field): TemplateResult {
    const { experiments, target, problems } = this.lab;
    const experiment = this.#experiment(field);
    const value = fieldValue(experiment, field.path);
    const differs = target === 'both' && experiment === experiments[0] && applies(field, experiments[1]);
    const other = differs ? fieldValue(experiments[1], field.path) : undefined;
    return html`<nabla-field
      .field=${fieldFor(field, experiment)} .value=${value} .otherValue=${other === value ? undefined : other}
      .changed=${this.#changes(experiment).has(field.path)} .problem=${problems[field.path]}
    ></nabla-field>`;
  }

  #changes(experiment: Experiment): ReadonlySet<string> {
    const known = this.#changed.get(experiment) ?? new Set(changedPaths(experiment).keys());
    this.#changed.set(experiment, known);
    return known;
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
    }</div>
      <p class="dim" style="margin-top:8px">A dot marks what differs from the default.</p>`;
  }
}
