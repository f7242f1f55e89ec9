/** The base of a sweep: the experiment that every run shares. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { Problem } from '../../model/errors.ts';
import { listScenarios } from '../../model/scenario.ts';
import { runName } from '../runs.ts';
import type { LabState } from '../state.ts';
import { shared } from '../styles.ts';
import {
  axesOf,
  baseValue,
  experimentOf,
  isJson,
  type Json,
  readText,
  sameDocument,
  withBaseValue,
  withExperiment,
  writeText,
} from './document.ts';
import { entry, entryStyles, sentence } from './entry.ts';
import { tell } from './state.ts';
import { FIELD_DOCS } from './suggest.ts';

const SCENARIOS = [...listScenarios()];

/** Groups of problems that stand beside another part of the form. */
const ELSEWHERE = /^((axes|sampling|constraints|nonFinite|iterations)(\.|$)|stop\.)/;

@customElement('nabla-sweep-base')
export class SweepBase extends LitElement {
  @property({ attribute: false }) document!: Json;
  @property({ attribute: false }) lab!: LabState;
  @property({ attribute: false }) problems: readonly Problem[] = [];
  @state() private typed: string | undefined;
  @state() private typedProblem: string | undefined;

  static override styles = [
    shared,
    entryStyles,
    css`
      :host { display: block; margin-top: 16px; }
      .words { color: var(--dim); padding: 3px 0; overflow-wrap: anywhere; }
      summary { cursor: pointer; color: var(--accent); min-height: 24px; }
      textarea { height: 220px; }
    `,
  ];

  override render(): TemplateResult {
    const { document, problems } = this;
    const chosen = this.#chosen();
    return html`<h2>Base</h2>
      <div class="entry wide">
        <label for="base">Experiment that all runs share</label>
        <select id="base" .value=${live(chosen)} @change=${this.#choose}>
          <option value="own" .selected=${chosen === 'own'}>own settings</option>
          ${this.lab.titles.map((title, r) => html`<option value="lab-${r}" .selected=${chosen === `lab-${r}`}>the Lab’s run ${runName(r)}: ${title}</option>`)}
          ${SCENARIOS.map(([name, { title }]) => html`<option value=${name} .selected=${chosen === name}>${title}</option>`)}
        </select>
      </div>
      <p class="words num">${this.#words()}</p>
      ${entry({
        id: 'iterations',
        label: 'Iterations',
        value: baseValue(document, 'iterations'),
        placeholder: String(FIELD_DOCS.get('iterations')?.default ?? ''),
        problem: problems.find(({ path }) => path === 'iterations' || path === 'experiment.iterations')?.problem,
        change: (value) => tell(this, { type: 'document', document: withBaseValue(document, 'iterations', value) }),
      })}
      ${this.#rest().map(({ path, problem }) => sentence(`${path}: ${problem}`))}
      <details>
        <summary>Base as JSON</summary>
        <textarea aria-label="Base experiment as JSON" spellcheck="false" .value=${this.typed ?? writeText(experimentOf(document))} @change=${this.#paste}></textarea>
        ${sentence(this.typedProblem)}
      </details>`;
  }

  /** Problems of the experiment that have no field of their own here. */
  #rest(): Problem[] {
    const axes = axesOf(this.document).map(({ path }) => path);
    return this.problems.filter(
      ({ path }) =>
        path !== '' &&
        !ELSEWHERE.test(path.replace(/^experiment\./, '')) &&
        !axes.some((axis) => axis !== '' && (path === axis || path.startsWith(`${axis}.`))),
    );
  }

  #candidates(): [string, unknown][] {
    const runs = this.lab.experiments.map((experiment, r): [string, unknown] => [`lab-${r}`, experiment]);
    return [...SCENARIOS.map(([name, { experiment }]): [string, unknown] => [name, experiment]), ...runs];
  }

  #chosen(): string {
    const own = experimentOf(this.document);
    return this.#candidates().find(([, experiment]) => sameDocument(experiment, own))?.[0] ?? 'own';
  }

  #words(): string {
    const of = (path: string) => baseValue(this.document, path) ?? FIELD_DOCS.get(path)?.default;
    const length = baseValue(this.document, 'task.length');
    const shape =
      of('model.kind') === 'recurrent'
        ? [of('model.cell'), `${of('model.hidden')} units`, ...(length === undefined ? [] : [`${length} steps`])]
        : [
            of('model.kind') ?? 'mlp',
            `depth ${of('model.depth') ?? of('model.blocks')}`,
            `width ${of('model.width')}`,
            of('model.activation'),
          ];
    const parts = [
      ...shape,
      of('task.name') ?? 'digits8',
      `${of('optimizer.name') ?? 'sgd'} ${of('optimizer.learningRate')}`,
      `batch ${of('batchSize')}`,
    ];
    return parts.join(' · ');
  }

  readonly #choose = (event: Event): void => {
    const id = (event.target as HTMLSelectElement).value;
    const found = this.#candidates().find(([name]) => name === id);
    if (found) tell(this, { type: 'document', document: withExperiment(this.document, found[1]) });
    this.typed = this.typedProblem = undefined;
    this.requestUpdate();
  };

  /** A scenario pasted whole gives its experiment. */
  readonly #paste = (event: Event): void => {
    const text = (event.target as HTMLTextAreaElement).value;
    const read = readText(text);
    if ('problem' in read) {
      this.typed = text;
      this.typedProblem = read.problem;
      return;
    }
    this.typed = this.typedProblem = undefined;
    const { document } = read;
    const experiment = isJson(document.experiment) ? document.experiment : document;
    tell(this, { type: 'document', document: withExperiment(this.document, experiment) });
  };
}
