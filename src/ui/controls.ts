/** The settings of the runs: what applies at once, and what restarts them. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { judge } from '../metrics/verdict.ts';
import { ConfigError } from '../model/errors.ts';
import { isSame } from '../model/experiment.ts';
import { EstimateClient } from '../sweep/estimate-client.ts';
import { act, type NablaEvent } from './events.ts';
import { isLive, labelOf } from './fields.ts';
import './form/estimate.ts';
import type { Preview } from './form/estimate.ts';
import './form/form.ts';
import type { FormRun } from './form/rows.ts';
import { areSmall } from './form/size.ts';
import { heldAgainst } from './misfit.ts';
import { PAIRS } from './pairs.ts';
import { type EditTarget, listed, runColor, runName } from './runs.ts';
import { editRuns } from './settings.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

@customElement('nabla-controls')
export class Controls extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  /** What is being typed or dragged. */
  @state() private preview: Preview | undefined;
  /** Another one for tests. */
  client = new EstimateClient();
  #edits:
    | { readonly experiments: LabState['experiments']; readonly target: EditTarget; readonly runs: readonly FormRun[] }
    | undefined;

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
      .lost { font-size: 12px; color: var(--dim); border-left: 3px solid var(--bad); padding: 2px 0 2px 8px; margin: 8px 0 0; }
      .lost button { min-height: 24px; font-size: 12px; padding: 0 7px; }
      /* Down to the edge of what scrolls, across its padding. */
      nabla-estimate { position: sticky; bottom: -20px; margin: 12px -14px -20px; padding: 8px 14px 12px; z-index: 1; }
    `,
  ];

  override render(): TemplateResult {
    return html`
      <label class="presets"><span>Start from</span>${this.#presets()}</label>
      <div class="seg target" role="group" aria-label="Run that the controls edit">
        ${this.#targets()}
      </div>
      ${this.#lost()}
      <nabla-form .runs=${this.#runs()} .problems=${this.lab.problems} @action=${this.#check} @field-preview=${this.#preview}></nabla-form>
      <nabla-estimate .lab=${this.lab} .preview=${this.preview}></nabla-estimate>`;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.client.terminate();
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
    const current = PAIRS.find(({ experiments }) => isSame(experiments, this.lab.experiments));
    return html`<select @change=${(event: Event) => act(this, { type: 'pair', id: (event.target as HTMLSelectElement).value })}>
      ${current ? '' : html`<option selected disabled>own settings</option>`}
      ${PAIRS.map(({ id, label }) => html`<option value=${id} .selected=${id === current?.id}>${label}</option>`)}
    </select>`;
  }

  /** The runs that the controls edit. */
  #runs(): readonly FormRun[] {
    const { target, experiments } = this.lab;
    // The same list as long as it says the same: the form need not look at it for every message of the worker.
    if (this.#edits?.experiments !== experiments || this.#edits.target !== target) {
      const runs = experiments.flatMap((experiment, r) =>
        target === 'all' || target === r ? [{ name: runName(r), experiment }] : [],
      );
      this.#edits = { experiments, target, runs };
    }
    return this.#edits.runs;
  }

  /** The runs with an edit that is not yet in force; undefined where it is not valid. */
  #edited(path: string, value: unknown): LabState['experiments'] | undefined {
    try {
      return editRuns(this.lab.experiments, this.lab.target, path, value);
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
  }

  readonly #preview = ({ detail }: NablaEvent<'field-preview'>): void => {
    const experiments = detail && this.#edited(detail.path, detail.value);
    // Half a number may be none: until it is whole, what was valid before stays.
    if (detail && !experiments) return;
    this.preview = detail && experiments && { label: `${labelOf(detail.path)} ${detail.value}`, experiments };
  };

  /** Holds back an edit that may be too large for the device until that is known, so that the runs go on where it is. */
  readonly #check = (event: NablaEvent<'action'>): void => {
    this.preview = undefined;
    const report = heldAgainst(this.lab);
    const action = event.detail;
    if (action.type !== 'edit' || isLive(action.path) || !report) return;
    const { path, value, text } = action;
    const experiments = this.#edited(path, value);
    if (!experiments || areSmall(experiments)) return;
    event.stopPropagation();
    this.client.ask({ experiments, report }).then((answer) => {
      if (answer?.type === 'refused')
        act(this, { type: 'refuse', path, text, message: `Too large for this device: ${answer.message}` });
      else if (answer) act(this, action);
    });
  };
}
