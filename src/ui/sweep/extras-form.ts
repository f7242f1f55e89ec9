/** What a sweep has beside base and axes: how the grid is sampled, what is left out, when a run stops. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { Problem } from '../../model/errors.ts';
import { NON_FINITE_POLICIES } from '../../model/schema.ts';
import { shared } from '../styles.ts';
import {
  baseValue,
  type ConstraintDraft,
  constraintsOf,
  type Json,
  readProduct,
  samplingOf,
  secondsOf,
  withBaseValue,
  withConstraint,
  withSampling,
  withSeconds,
  writeProduct,
} from './document.ts';
import { entry, entryStyles, problemAt, sentence } from './entry.ts';
import { tell } from './state.ts';
import { FIELD_DOCS, fieldLine } from './suggest.ts';

/** The fields of the rule that ends a run early, as the schema has them. */
const STOP_PATHS = [...FIELD_DOCS.keys()].filter((path) => path.startsWith('stop.'));
const STOP_LABELS: Readonly<Record<string, string>> = {
  'stop.lossBelow': 'A run, at loss below',
  'stop.lossFactor': 'A run, at times its first loss',
  'stop.plateau': 'A run, without progress for',
  'stop.plateauShare': 'Progress is a share of',
  'stop.window': 'Loss smoothed over',
  'stop.weightsNotFinite': 'A run, with weights lost',
};

@customElement('nabla-sweep-extras')
export class SweepExtras extends LitElement {
  @property({ attribute: false }) document!: Json;
  @property({ attribute: false }) problems: readonly Problem[] = [];

  static override styles = [
    shared,
    entryStyles,
    css`
      :host { display: block; margin-top: 16px; }
      .constraint { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px; margin-bottom: 5px; align-items: center; }
      .bound { grid-column: 1 / -1; display: grid; grid-template-columns: 1fr 1fr; gap: 0 10px; } .bound .entry { grid-template-columns: auto minmax(0, 1fr); }
      .problem { grid-column: 1 / -1; }
    `,
  ];

  override render(): TemplateResult {
    return html`${this.#sampling()} ${this.#constraints()} ${this.#stop()}`;
  }

  #set(document: Json): void {
    tell(this, { type: 'document', document });
  }

  #sampling(): TemplateResult {
    const { document, problems } = this;
    const sample = samplingOf(document);
    const field = (key: 'count' | 'seed', label: string) =>
      sample
        ? entry({
            id: `sample-${key}`,
            label,
            value: sample[key],
            problem: problemAt(problems, `sampling.${key}`),
            change: (value) => this.#set(withSampling(document, { ...sample, [key]: value })),
          })
        : '';
    const all = problems.find(({ path }) => path === 'sampling' || path === 'sampling.kind')?.problem;
    return html`<h2>Sampling</h2>
      <span class="seg" role="group" aria-label="Points of the sweep">
        <button aria-pressed=${!sample} @click=${() => this.#set(withSampling(document, undefined))}>every point of the grid</button>
        <button aria-pressed=${sample !== undefined} @click=${() => !sample && this.#set(withSampling(document, { count: 200, seed: 1 }))}>random</button>
      </span>
      ${field('count', 'Points drawn')} ${field('seed', 'Seed of the draw')} ${sentence(all)}`;
  }

  #constraints(): TemplateResult {
    const { document } = this;
    const constraints = constraintsOf(document);
    const add = () =>
      this.#set(withConstraint(document, constraints.length, { of: { 'model.depth': 1 }, atLeast: undefined, atMost: 64 }));
    return html`<h2>Constraints</h2>
      ${constraints.map((constraint, k) => this.#constraint(constraint, k))}
      ${sentence(this.problems.find(({ path }) => path === 'constraints')?.problem)}
      <button class="small" @click=${add}>+ Constraint</button>
      ${constraints.length === 0 ? html`<p class="note">Leaves out points: a product of powers at most or at least a number, such as model.depth * model.width^2 at most 1e5.</p>` : ''}`;
  }

  #constraint(constraint: ConstraintDraft, k: number): TemplateResult {
    const problem = problemAt(this.problems, `constraints.${k}`);
    const set = (change: Partial<ConstraintDraft>) => this.#set(withConstraint(this.document, k, { ...constraint, ...change }));
    return html`<div class="constraint" role="group" aria-label="Constraint ${k + 1}">
      <input aria-label="Product of powers" spellcheck="false" autocomplete="off" .value=${writeProduct(constraint.of)} aria-invalid=${problem ? 'true' : 'false'}
        @change=${(event: Event) => set({ of: readProduct((event.target as HTMLInputElement).value) })} />
      <button class="quiet small" title="Remove" aria-label="Remove constraint ${k + 1}" @click=${() => this.#set(withConstraint(this.document, k, undefined))}>✕</button>
      <div class="bound">
        ${(['atLeast', 'atMost'] as const).map((bound) =>
          entry({
            id: bound,
            label: bound === 'atLeast' ? 'at least' : 'at most',
            value: constraint[bound],
            placeholder: 'no bound',
            change: (value) => set({ [bound]: value }),
          }),
        )}
      </div>
      ${sentence(problem)}
    </div>`;
  }

  #stop(): TemplateResult {
    const { document, problems } = this;
    const policy = String(baseValue(document, 'nonFinite') ?? '');
    return html`<h2>Ending early</h2>
      ${entry({
        id: 'seconds',
        label: 'Sweep, after seconds',
        title: 'After this time no further run is begun; what has finished is kept, and the sweep can go on later.',
        value: secondsOf(document),
        placeholder: 'never',
        problem: problemAt(problems, 'stop.seconds'),
        change: (value) => this.#set(withSeconds(document, value)),
      })}
      <div class="entry">
        <label for="non-finite" title=${fieldLine('nonFinite')}>A run, when not finite</label>
        <select id="non-finite" .value=${live(policy)} @change=${(event: Event) => this.#set(withBaseValue(document, 'nonFinite', (event.target as HTMLSelectElement).value || undefined))}>
          <option value="">default</option>
          ${NON_FINITE_POLICIES.map((name) => html`<option value=${name} .selected=${name === policy}>${name}</option>`)}
        </select>
        ${sentence(problemAt(problems, 'nonFinite'))}
      </div>
      ${STOP_PATHS.map((path) =>
        entry({
          id: path.replace('.', '-'),
          label: STOP_LABELS[path] ?? path,
          title: fieldLine(path),
          value: baseValue(document, path),
          placeholder: String(FIELD_DOCS.get(path)?.default ?? ''),
          problem: problemAt(problems, path, `experiment.${path}`),
          change: (value) =>
            this.#set(withBaseValue(document, path, value === 'true' ? true : value === 'false' ? false : value)),
        }),
      )}`;
  }
}
