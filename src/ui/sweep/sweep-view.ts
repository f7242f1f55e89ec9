/** The Sweep view: description on the left, map and curves in the middle, findings on the right. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { act, emitDeletion } from '../events.ts';
import { latestOf } from '../history.ts';
import type { LabState } from '../state.ts';
import { shared } from '../styles.ts';
import './before.ts';
import './describe-form.ts';
import type { Json } from './document.ts';
import './findings.ts';
import './maps.ts';
import './parallel.ts';
import './progress-strip.ts';
import './run-charts.ts';
import { experimentOfRun } from './run-experiment.ts';
import './run-list.ts';
import { type Selected, selectRuns } from './selection.ts';
import './selection-bar.ts';
import './slices.ts';
import { isWorking, type Lower, type SweepAction, type SweepViewState, tell } from './state.ts';
import { SweepStore } from './store.ts';
import './stored.ts';
import { runLines } from './sweep-lines.ts';

const LOWER: readonly { readonly id: Lower; readonly label: string }[] = [
  { id: 'slices', label: 'Slices' },
  { id: 'parallel', label: 'Parallel coordinates' },
  { id: 'runs', label: 'Runs' },
  { id: 'run', label: 'Open run' },
];

@customElement('nabla-sweep')
export class SweepView extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property() theme = '';
  /** Whether the view is shown; what runs goes on where it is not. */
  @property({ type: Boolean }) active = false;
  /** A description that was imported; each new one takes the place of what the form holds. */
  @property({ attribute: false }) described: Json | undefined;
  /** A stored sweep that was asked for elsewhere. */
  @property({ attribute: false }) opened: { readonly sweepId: string } | undefined;
  readonly #store = new SweepStore(
    (next) => {
      this.sweep = next;
    },
    () => this.lab.engine,
    (described, text) => act(this, { type: 'described', described, text }),
  );
  @state() private sweep: SweepViewState = this.#store.state;

  static override styles = [
    shared,
    css`
      :host { display: grid; grid-template-columns: 320px minmax(0, 1fr) 312px; min-height: 0; }
      :host(:not([active])) { display: none; }
      /* Texts for screen readers are placed absolutely: they stay within what scrolls. */
      aside, .scroll, .cost, .middle { position: relative; }
      aside { background: var(--panel); overflow: auto; padding: 12px 14px 20px; min-height: 0; }
      .left { border-right: 1px solid var(--line); display: flex; flex-direction: column; padding: 0; }
      .scroll { overflow: auto; flex: 1; padding: 12px 14px; }
      .cost { border-top: 1px solid var(--line); padding: 10px 14px; max-height: 45%; overflow: auto; }
      .right { border-left: 1px solid var(--line); }
      .middle { display: flex; flex-direction: column; gap: 10px; padding: 10px; min-height: 0; min-width: 0; overflow: auto; }
      nabla-sweep-maps { flex: 1.5 0 400px; }
      .lower { flex: 1 0 290px; display: flex; flex-direction: column; gap: 6px; min-height: 0; min-width: 0; }
      .failure { background: var(--panel); border: 1px solid var(--line); border-left: 3px solid var(--bad); border-radius: var(--r); padding: 9px 12px; display: flex; gap: 10px; justify-content: space-between; align-items: center; }
      .failure p { overflow-wrap: anywhere; white-space: pre-line; }
      .welcome { margin: auto; max-width: 58ch; color: var(--dim); display: grid; gap: 8px; padding: 24px 12px; }
      .waits { color: var(--dim); text-align: center; padding: 30px 8px; }
      .panes { display: none; }
      .tabs { align-self: flex-start; } .tabs button { min-height: 26px; padding: 0 12px; }
      @media (max-width: 1180px) { :host { grid-template-columns: 300px minmax(0, 1fr); overflow: auto; } .left { position: sticky; top: 0; grid-row: span 2; max-height: calc(100dvh - 46px); } .middle { overflow: visible; } .right { border: 0; border-top: 1px solid var(--line); grid-column: 2; overflow: visible; } nabla-sweep-maps { min-height: 460px; } }
      @media (max-width: 760px) {
        :host { display: block; }
        .panes { display: flex; margin: 8px 8px 0; } .panes button { flex: 1; min-height: 40px; }
        .left { position: relative; max-height: none; border: 0; } .scroll, .cost { overflow: visible; max-height: none; }
        .middle { padding: 8px; gap: 8px; }
        .hidden-pane { display: none; }
        nabla-sweep-maps { min-height: 0; flex: none; } .lower { flex: none; }
        .seg.tabs button { min-height: 40px; flex: 1; } .seg.tabs { display: flex; align-self: stretch; }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener('sweep-action', this.#take);
    window.addEventListener('sweep-put-away', this.#putAway);
    window.addEventListener('sweep-description', this.#describe);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.removeEventListener('sweep-action', this.#take);
    window.removeEventListener('sweep-put-away', this.#putAway);
    window.removeEventListener('sweep-description', this.#describe);
  }

  #selected: Selected | undefined;
  #counted: SweepViewState | undefined;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('opened') && this.opened) this.#store.dispatch({ type: 'open', sweepId: this.opened.sweepId });
    if (changed.has('described') && this.described) this.#store.dispatch({ type: 'document', document: this.described });
    const { sweep } = this;
    const { open, selection, revision } = sweep;
    const old = this.#counted;
    if (old?.open === open && old?.selection === selection && old?.revision === revision) return;
    this.#counted = sweep;
    this.#selected = open && selectRuns(open.table, selection);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('active') && this.active) this.#store.writeAddress();
  }

  /** What the form describes. */
  get description(): Json {
    return this.#store.state.document;
  }

  override render(): TemplateResult {
    const { sweep, lab } = this;
    // Nothing is drawn in a view that is not shown; its store goes on.
    if (!this.active) return html``;
    const { pane } = sweep;
    return html`
      <div class="panes seg" role="group" aria-label="What is shown">
        <button aria-pressed=${pane === 'form'} @click=${() => tell(this, { type: 'pane', pane: 'form' })}>Description</button>
        <button aria-pressed=${pane === 'results'} @click=${() => tell(this, { type: 'pane', pane: 'results' })}>Results</button>
      </div>
      <aside class="left ${pane === 'form' ? '' : 'hidden-pane'}" aria-label="Description of the sweep">
        <div class="scroll" tabindex="-1">
          <nabla-sweep-stored .sweep=${sweep} .engine=${lab.engine}></nabla-sweep-stored>
          <nabla-sweep-form .sweep=${sweep} .lab=${lab}></nabla-sweep-form>
        </div>
        <div class="cost"><nabla-sweep-before .sweep=${sweep} .engine=${lab.engine}></nabla-sweep-before></div>
      </aside>
      <div data-sheet="Sweep" tabindex="-1" class="middle ${pane === 'results' || sweep.failure || sweep.notice ? '' : 'hidden-pane'}">${this.#middle()}</div>
      <aside class="right ${pane === 'results' ? '' : 'hidden-pane'}" aria-label="Findings" tabindex="0"><nabla-sweep-findings .sweep=${sweep}></nabla-sweep-findings></aside>`;
  }

  #middle(): TemplateResult {
    const { sweep, theme } = this;
    const failure = (['failure', 'notice'] as const).map((what) =>
      sweep[what]
        ? html`<section class="failure" role="alert"><p>${sweep[what]}</p><button class="quiet" @click=${() => tell(this, { type: 'dismiss', what })}>Dismiss</button></section>`
        : '',
    );
    if (!sweep.open) {
      return html`${failure}<div class="welcome">
        <h3>No sweep is open</h3>
        <p>A sweep trains one experiment at many points: every combination of the axes, or a random sample of them. Runs of one shape train together, so hundreds take little longer than one.</p>
        <p>Take an example or describe your own, look at what it will cost, and start it. What has finished is kept in this browser: a closed tab loses nothing, and a sweep continues where it stopped.</p>
      </div>`;
    }
    return html`${failure}
      <nabla-sweep-progress .sweep=${sweep}></nabla-sweep-progress>
      <nabla-sweep-maps .sweep=${sweep} .selected=${this.#selected} .theme=${theme}></nabla-sweep-maps>
      <nabla-sweep-selection .sweep=${sweep} .selected=${this.#selected}></nabla-sweep-selection>
      <div class="lower">
        <span class="seg tabs" role="group" aria-label="Below the map">
          ${LOWER.map(({ id, label }) => html`<button aria-pressed=${sweep.lower === id} ?disabled=${id === 'run' && !sweep.run} @click=${() => tell(this, { type: 'lower', lower: id })}>${label}</button>`)}
        </span>
        ${this.#lower()}
      </div>`;
  }

  #lower(): TemplateResult {
    const { sweep, theme } = this;
    if (sweep.lower === 'slices') return html`<nabla-sweep-slices .sweep=${sweep} .theme=${theme}></nabla-sweep-slices>`;
    if (sweep.lower === 'runs') return html`<nabla-sweep-runs .sweep=${sweep} .selected=${this.#selected}></nabla-sweep-runs>`;
    if (sweep.lower === 'parallel')
      return html`<nabla-sweep-parallel .sweep=${sweep} .selected=${this.#selected} .theme=${theme}></nabla-sweep-parallel>`;
    const { run, open } = sweep;
    if (!run || !open) return html`<p class="waits">No run is open.</p>`;
    if (run.trace === 'loading') return html`<p class="waits" role="status">Reading the curves.</p>`;
    if (run.trace === 'none')
      return html`<p class="waits">No curves are kept of this run; its numbers and its verdict stand beside.</p>`;
    const experiment = this.#experiment();
    return html`<nabla-sweep-charts .chosen=${sweep.quantity} .trace=${run.trace} .experiment=${experiment} .settings=${() => runLines(open, run.id, experiment)} .theme=${theme}></nabla-sweep-charts>`;
  }

  #known: { readonly id: string; readonly experiment: ReturnType<typeof experimentOfRun> | undefined } | undefined;

  /** The open run's experiment; undefined where the description does not lead to it, which the findings say. */
  #experiment(): ReturnType<typeof experimentOfRun> | undefined {
    const { run, open } = this.sweep;
    const point = run && open?.table.pointOf.get(run.id);
    if (!run || !open || point === undefined) return undefined;
    if (this.#known?.id === run.id) return this.#known.experiment;
    let experiment: ReturnType<typeof experimentOfRun> | undefined;
    try {
      experiment = experimentOfRun(open.document, open.table.axes, open.table.points[point]);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
    this.#known = { id: run.id, experiment };
    return experiment;
  }

  readonly #take = (event: Event): void => {
    const action = (event as CustomEvent<SweepAction>).detail;
    // Two trainings at once would share one device.
    if (
      ((action.type === 'start' || action.type === 'continue' || action.type === 'resume') && !isWorking(this.sweep.work)) ||
      action.type === 'calibrate'
    )
      this.dispatchEvent(new CustomEvent('sweep-trains', { bubbles: true, composed: true }));
    const last = latestOf(this.lab.history, 'undo', 'sweep');
    // A deletion and its undoing go through the page's history, which tells this view.
    if (action.type === 'delete') {
      const title = this.sweep.stored?.find(({ sweepId }) => sweepId === action.sweepId)?.title;
      emitDeletion(this, { what: 'sweep', id: action.sweepId }, title || 'Untitled');
    } else if (action.type === 'restore' && last && 'deleted' in last && last.deleted.id === action.sweepId) {
      act(this, { type: 'undo', view: 'sweep' });
    } else this.#store.dispatch(action);
  };

  readonly #describe = (event: Event): void => {
    this.#store.dispatch({ type: 'description', text: (event as CustomEvent<string>).detail });
  };

  readonly #putAway = (event: Event): void => {
    const { id, gone } = (event as CustomEvent<{ id: string; gone: boolean }>).detail;
    this.#store.dispatch({ type: gone ? 'delete' : 'restore', sweepId: id });
  };
}
