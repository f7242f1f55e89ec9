/** What the runs need and how fast they would be, as they are and as they would be with what is being typed or dragged. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { AdapterReport } from '../../engine/report.ts';
import { formatBytes, formatCount } from '../../metrics/format.ts';
import type { Experiment } from '../../model/schema.ts';
import { EstimateClient } from '../../sweep/estimate-client.ts';
import type { FromEstimateWorker, PlanEstimate } from '../../sweep/estimate-protocol.ts';
import { formatDuration, formatRate } from '../format.ts';
import { latestIteration } from '../readouts.ts';
import type { LabState } from '../state.ts';
import { shared } from '../styles.ts';
import { type IterationSeconds, iterationSeconds, type Timed, withTiming } from './speed.ts';
import { machineOf, readTimings, writeTimings } from './timings.ts';

/** Settings that are not yet in force. */
export interface Preview {
  /** What would change: `Depth 64`. */
  readonly label: string;
  readonly experiments: readonly Experiment[];
}

interface Answer {
  readonly experiments: readonly Experiment[];
  readonly answer: FromEstimateWorker;
}

/** What loads says itself what it needs, usually sooner than it could be asked for; for longer loads it is asked for. */
const PATIENCE_MS = 2500;
/** Timings are written at most so often. */
const WRITE_MS = 5000;
/** Less spread than this is not worth telling. */
const CLEAR = 1.25;

@customElement('nabla-estimate')
export class NablaEstimate extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property({ attribute: false }) preview: Preview | undefined;
  /** Another one for tests. */
  client = new EstimateClient();
  /** How long a load may take before the estimate is asked for; another for tests. */
  patienceMs = PATIENCE_MS;
  #patience: ReturnType<typeof setTimeout> | undefined;
  @state() private answer: Answer | undefined;
  #asked: readonly Experiment[] | undefined;
  #timed: readonly Timed[] = [];
  #machine = '';
  #written = Number.NEGATIVE_INFINITY;

  static override styles = [
    shared,
    css`
      :host { display: block; background: var(--panel); border-top: 1px solid var(--edge); }
      h2 { margin: 0 0 2px; letter-spacing: 0; text-transform: none; font-weight: 600; }
      h2.preview { color: var(--accent); }
      dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 0 10px; margin: 0; }
      dt { color: var(--dim); } dd { margin: 0; text-align: right; }
      .busy { opacity: 0.6; }
      .of { color: var(--faint); }
      .span { color: var(--faint); display: block; font-size: 11px; }
      .refused { color: var(--bad); font-size: 12px; line-height: 1.35; overflow-wrap: anywhere; }
    `,
  ];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#patience);
    this.client.terminate();
    this.#asked = undefined;
    if (this.#timed.length > 0) writeTimings(this.#machine, this.#timed);
  }

  get #wanted(): readonly Experiment[] {
    return this.preview?.experiments ?? this.lab.experiments;
  }

  protected override willUpdate(): void {
    const { report } = this.lab;
    if (!report) return;
    this.#time(machineOf(report));
    clearTimeout(this.#patience);
    const wanted = this.#wanted;
    if (this.#loaded || wanted === this.#asked || wanted === this.answer?.experiments) return;
    if (this.preview) this.#ask(wanted, report);
    else this.#patience = setTimeout(() => this.#ask(wanted, report), this.patienceMs);
  }

  #ask(experiments: readonly Experiment[], report: AdapterReport): void {
    this.#asked = experiments;
    this.client.ask({ experiments, report }).then((answer) => {
      if (answer) this.answer = { experiments, answer };
      if (this.#asked === experiments) this.#asked = undefined;
    });
  }

  /** What the plans have that are loaded, where nothing else is wanted. */
  get #loaded(): PlanEstimate | undefined {
    const { summaries, runState } = this.lab;
    return summaries && !this.preview && runState !== 'loading' ? ofSummaries(summaries) : undefined;
  }

  /** Keeps how long an iteration takes while all runs train at full speed. */
  #time(machine: string): void {
    if (machine !== this.#machine) {
      this.#machine = machine;
      this.#timed = readTimings(machine);
    }
    const { runState, iterationsPerSecond, speed, summaries, traces, experiments } = this.lab;
    const isFull = runState === 'running' && speed === 'full' && iterationsPerSecond > 0;
    if (!isFull || !summaries || !traces) return;
    // A run that has ended rests, and the others are faster without it.
    if (latestIteration(traces) >= Math.min(...experiments.map(({ iterations }) => iterations)) - 1) return;
    const { dispatches, flop } = ofSummaries(summaries);
    this.#timed = withTiming(this.#timed, { dispatches, flop, seconds: 1 / iterationsPerSecond });
    const now = performance.now();
    if (now - this.#written < WRITE_MS) return;
    this.#written = now;
    writeTimings(machine, this.#timed);
  }

  override render(): TemplateResult {
    const { answer } = this;
    const isLate = !this.#loaded && answer?.experiments !== this.#wanted;
    const estimate = this.#loaded ?? (answer?.answer.type === 'estimated' ? answer.answer.estimate : undefined);
    const refused = !this.#loaded && !isLate && answer && answer.answer.type !== 'estimated' ? answer.answer.message : undefined;
    return html`<section aria-label="Estimate" aria-busy=${isLate}>
      ${this.preview ? html`<h2 class="preview">With ${this.preview.label}</h2>` : nothing}
      ${refused ? html`<p class="refused">This does not fit: ${refused}.</p>` : nothing}
      ${!refused && estimate ? this.#facts(estimate, isLate) : nothing}
      ${!refused && !estimate ? html`<p class="dim">Not known yet.</p>` : nothing}
    </section>`;
  }

  #facts(estimate: PlanEstimate, isLate: boolean): TemplateResult {
    const { parameters, plans, bytes } = estimate;
    const seconds = iterationSeconds(estimate, this.#timed);
    const shared = plans === 1 && parameters.length > 1 ? ', in one plan' : plans > 1 ? `, in ${plans} plans` : '';
    return html`<dl class="num ${isLate ? 'busy' : ''}">
      <dt>Parameters</dt><dd>${range(parameters)}</dd>
      <dt>Memory</dt><dd title="On the device, of all runs${shared}">${formatBytes(bytes)}</dd>
      <dt>Speed</dt><dd>${seconds ? rateText(seconds) : html`<span class="dim">known once the runs train</span>`}</dd>
      ${seconds ? html`<dt>${formatCount(this.#iterations)} iterations</dt><dd>${this.#duration(seconds)}</dd>` : nothing}
    </dl>`;
  }

  /** Of the longest run. */
  get #iterations(): number {
    return Math.max(...this.#wanted.map(({ iterations }) => iterations));
  }

  #duration({ least, about, most, isMeasured }: IterationSeconds): TemplateResult {
    const { speed } = this.lab;
    // Slow motion waits for its next iteration.
    const text = (seconds: number) => formatDuration(this.#iterations * Math.max(seconds, speed === 'full' ? 0 : 1 / speed));
    const [from, to] = [text(least), text(most)];
    const span = isMeasured || most < CLEAR * least || from === to ? nothing : html`<span class="span">${from} to ${to}</span>`;
    return html`${isMeasured ? '' : 'about '}${text(about)}${span}`;
  }
}

/** Runs that share a plan have its summary each. */
function ofSummaries(summaries: NonNullable<LabState['summaries']>): PlanEstimate {
  const sum = (of: (summary: (typeof summaries)[number]) => number) =>
    summaries.reduce((total, summary) => total + of(summary) / summary.replicas, 0);
  return {
    parameters: summaries.map(({ parameters }) => parameters),
    plans: Math.round(sum(() => 1)),
    bytes: sum(({ bytes }) => bytes),
    dispatches: Math.round(sum(({ dispatchesPerIteration }) => dispatchesPerIteration)),
    flop: Math.round(sum(({ flopPerIteration }) => flopPerIteration)),
  };
}

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? formatCount(least) : `${formatCount(least)} … ${formatCount(most)}`;
}

function rateText({ least, about, most, isMeasured }: IterationSeconds): TemplateResult {
  if (isMeasured) return html`${formatRate(1 / about)}<span class="of"> · measured</span>`;
  if (most < CLEAR * least) return html`about ${formatRate(1 / about)}`;
  return html`about ${formatRate(1 / about)}<span class="span">${formatRate(1 / most)} to ${formatRate(1 / least)}</span>`;
}
