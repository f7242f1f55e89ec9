/** Who a run is and how it fares: letter, name, what sets it apart, verdict, state. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatNumber } from '../metrics/format.ts';
import { judge, type Verdict } from '../metrics/verdict.ts';
import { act } from './events.ts';
import { heldOut } from './readouts.ts';
import { isOriginal } from './reducer.ts';
import { MAX_RUNS, type RunIndex, runColor, runName } from './runs.ts';
import { differenceSummary } from './settings.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';

@customElement('nabla-run-head')
export class RunHead extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property({ attribute: false }) run: RunIndex = 0;

  static override styles = [
    shared,
    css`
      :host { display: block; min-width: 0; }
      article { display: grid; grid-template-columns: auto minmax(0, 1fr) auto; gap: 1px 10px; align-items: baseline; height: 100%; background: var(--panel); border: 1px solid var(--line); border-top: 3px solid var(--run); border-radius: var(--r); padding: 6px 12px 7px; }
      .tag { width: 26px; height: 26px; font-size: 15px; grid-row: span 3; border-radius: 5px; align-self: start; margin-top: 3px; }
      h2 { all: unset; position: relative; font-weight: 600; font-size: 14px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .changed { display: inline-block; width: 6px; height: 6px; border-radius: 50%; background: var(--accent); margin-left: 7px; vertical-align: middle; }
      .verdict { font-weight: 600; grid-column: 2; }
      .verdict.exploding, .verdict.diverged { color: var(--bad); }
      .verdict.vanishing, .verdict.stuck { color: var(--warn); }
      .verdict.healthy { color: var(--good); }
      .summary { color: var(--dim); grid-column: 2; font-size: 12px; min-height: 24px; align-self: center; padding-top: 3px; display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical; overflow: hidden; }
      .summary.wide { grid-column: 2 / -1; }
      .state { text-align: right; color: var(--dim); white-space: nowrap; }
      .state button { min-height: 24px; font-size: 12px; padding: 0 7px; }
      .off { opacity: 0.65; }
      .tools { display: inline-flex; gap: 1px; justify-content: flex-end; margin-right: -6px; }
      .tools button { min-width: 24px; min-height: 24px; font-size: 12px; padding: 0 4px; background: none; border-color: transparent; }
      .tools button:hover, .tools button:focus-visible { background: var(--raise); }
      @media (max-width: 760px) { .tools button { min-width: 32px; min-height: 32px; } h2 { white-space: normal; } }
    `,
  ];

  override render(): TemplateResult {
    const { lab, run } = this;
    const { experiments, titles, claims } = lab;
    const name = runName(run);
    const trace = lab.traces?.[run];
    const verdict: Verdict | undefined = trace && judge(trace, experiments[run]);
    const apart = apartWords(lab, run);
    const zoom = this.#zoom();
    const original = isOriginal(lab, run);
    return html`<article style="--run: var(${runColor(run)})" class=${lab.hidden.includes(run) ? 'off' : ''} aria-label="Run ${name}">
      <span class="tag">${name}</span>
      <h2 title=${original ? claims[run] : ''}>${titles[run]}${original ? '' : html`<i class="changed" title="Changed since it was opened"></i><span class="hidden">, changed</span>`}</h2>
      ${this.#tools(name)}
      <span class="verdict ${verdict?.kind ?? ''}" role="status">${verdict ? symbolOf(verdict.kind) : ''} ${verdict?.title ?? (lab.failure === undefined ? 'Loading' : 'Not running')}</span>
      <span class="state num">${this.#number()}</span>
      <span class="summary ${zoom ? '' : 'wide'}" title=${apart}>${apart}</span>
      ${zoom && html`<span class="state">${zoom}</span>`}
    </article>`;
  }

  /** What can be done with the run itself. */
  #tools(name: string): TemplateResult {
    const { lab, run } = this;
    const { experiments, baseline, hidden } = lab;
    const isHidden = hidden.includes(run);
    const isBaseline = baseline === run;
    const tool = (sign: string, title: string, click: () => void, { pressed, off }: { pressed?: boolean; off?: boolean } = {}) =>
      html`<button class="quiet" title=${title} aria-label=${title} aria-pressed=${pressed ?? nothing} ?disabled=${off ?? false} @click=${click}>${sign}</button>`;
    return html`<span class="tools" role="group" aria-label="Run ${name}">
      ${experiments.length > 1 ? tool(isBaseline ? '★' : '☆', `Run ${name} is the baseline that others are compared with`, () => act(this, { type: 'baseline', run }), { pressed: isBaseline }) : ''}
      ${experiments.length > 1 ? tool(isHidden ? '○' : '◉', `Curves of run ${name} are shown`, () => act(this, { type: 'show run', run, on: isHidden }), { pressed: !isHidden }) : ''}
      ${tool('+', `Add a copy of run ${name}`, () => act(this, { type: 'add run', of: run }), { off: experiments.length >= MAX_RUNS })}
      ${experiments.length > 1 ? tool('✕', `Remove run ${name}`, () => act(this, { type: 'remove run', run })) : ''}
    </span>`;
  }

  #number(): string {
    const trace = this.lab.traces?.[this.run];
    if (!trace || trace.length === 0) return '';
    const accuracy = heldOut(trace, Number.POSITIVE_INFINITY);
    if (accuracy === '–' || accuracy === 'none') return `loss ${formatNumber(trace.scalars.loss.at(trace.length - 1))}`;
    return `held out ${accuracy}`;
  }

  /** Where a run broke, at a size at which it can be seen. */
  #zoom(): TemplateResult | string {
    const broken = this.lab.traces?.[this.run].firstNonFinite;
    if (!broken) return '';
    const range = [0, Math.max(10, 2 * broken.iteration)] as const;
    return html`<button title="Show iterations 0 to ${range[1]}" @click=${() => act(this, { type: 'zoom', range })}>Zoom to it</button>`;
  }
}

/** How a run differs from the baseline; the baseline of two from the other one. */
function apartWords({ experiments, baseline }: LabState, run: RunIndex): string {
  const isBaseline = run === baseline;
  if (isBaseline && experiments.length !== 2) return experiments.length > 1 ? 'baseline: the others are compared with it' : '';
  const other = isBaseline ? 1 - run : baseline;
  const words = differenceSummary(experiments[run], experiments[other]) || `same settings as run ${runName(other)}`;
  return isBaseline ? words : `${experiments.length > 2 ? `to ${runName(other)}: ` : ''}${words}`;
}

/** A sign beside the colour, so that the verdict does not rest on it. */
export function symbolOf(kind: Verdict['kind']): string {
  return { exploding: '▲', diverged: '▲', vanishing: '▼', stuck: '■', healthy: '●', starting: '○' }[kind];
}
