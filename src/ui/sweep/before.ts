/** What a sweep will cost, and the buttons that start it. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { EngineChoice } from '../../engine/report.ts';
import { formatBytes, formatCount, formatCounted } from '../../metrics/format.ts';
import type { CohortEstimate, SweepEstimate } from '../../sweep/sweep-protocol.ts';
import { formatDuration } from '../format.ts';
import { shared } from '../styles.ts';
import { isWorking, type SweepViewState, tell } from './state.ts';

@customElement('nabla-sweep-before')
export class SweepBefore extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  @property({ attribute: false }) engine: EngineChoice = 'auto';

  static override styles = [
    shared,
    css`
      :host { display: block; }
      dl { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 8px; margin: 0 0 8px; }
      dt { color: var(--dim); } dd { margin: 0; text-align: right; }
      .row { display: flex; flex-wrap: wrap; gap: 6px; margin: 8px 0 4px; }
      .primary { flex: 1; min-width: 120px; }
      .refused { color: var(--bad); }
      .cohorts { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; font-size: 11.5px; }
      th, td { text-align: right; padding: 3px 0 3px 8px; border-bottom: 1px solid var(--line); font-weight: 400; vertical-align: top; white-space: nowrap; }
      th { color: var(--faint); } th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; color: var(--dim); }
      td:not(:first-child) { font-family: var(--mono); font-variant-numeric: tabular-nums; font-size: 11px; }
      summary { cursor: pointer; min-height: 24px; color: var(--accent); }
      @media (max-width: 760px) { button { min-height: 40px; } }
    `,
  ];

  override render(): TemplateResult {
    const { sweep } = this;
    const { estimate, problems, textProblem, checking, work } = sweep;
    const refused = problems.length > 0 || textProblem !== undefined;
    const busy = isWorking(work) || work === 'calibrating' || sweep.asked !== undefined;
    const left = estimate ? estimate.runs - estimate.finished : 0;
    return html`<h2>Before you start</h2>
      <div aria-live="polite">
        ${
          refused
            ? html`<p class="refused" role="status">${textProblem ?? `${problems.length === 1 ? 'One thing' : `${problems.length} things`} in the description cannot be used: see the red ${problems.length === 1 ? 'sentence' : 'sentences'} above.`}</p>
            ${problems.filter(({ path }) => path === '').map(({ problem }) => html`<p class="refused">${problem}</p>`)}`
            : estimate
              ? this.#facts(estimate)
              : html`<p class="dim">${checking ? 'Counting the runs.' : 'Not counted yet.'}</p>`
        }
      </div>
      <div class="row">
        <button class="primary" ?disabled=${refused || busy || checking} @click=${this.#start}>${!estimate || estimate.finished === 0 ? '▶ Start' : left === 0 ? 'Show the results' : `▶ Train ${formatCount(left)} more`}</button>
        <button ?disabled=${refused || busy} title="Trains a few iterations to predict the time" @click=${() => tell(this, { type: 'calibrate', engine: this.engine })}>${work === 'calibrating' ? 'Calibrating …' : 'Calibrate'}</button>
      </div>
      ${isWorking(work) ? html`<p class="dim">A sweep is under way; cancel it, or wait for its end, to start another.</p>` : ''}`;
  }

  #facts(estimate: SweepEstimate): TemplateResult {
    const { runs, duplicates, excluded, finished, cohorts, bytes, seconds } = estimate;
    return html`<dl>
        <dt>Runs</dt><dd class="num">${formatCount(runs)}</dd>
        ${duplicates > 0 ? html`<dt>Duplicates left out</dt><dd class="num">${formatCount(duplicates)}</dd>` : ''}
        ${excluded > 0 ? html`<dt>Excluded by constraints</dt><dd class="num">${formatCount(excluded)}</dd>` : ''}
        ${finished > 0 ? html`<dt>Finished already</dt><dd class="num">${formatCount(finished)}</dd>` : ''}
        <dt>Memory</dt><dd class="num">${formatBytes(bytes)}</dd>
        <dt>Predicted time</dt><dd class="num">${seconds === undefined ? 'after calibrating' : formatDuration(seconds)}</dd>
      </dl>
      <details>
        <summary>${formatCounted(cohorts.length, 'cohort')}: runs that train together</summary>
        <div class="cohorts" role="region" aria-label="Cohorts" tabindex="0"><table>
          <thead><tr><th scope="col">shared</th><th scope="col">runs</th><th scope="col">slots</th><th scope="col">depth</th><th scope="col">memory</th>${seconds === undefined ? '' : html`<th scope="col">time</th>`}</tr></thead>
          <tbody>${cohorts.map((cohort) => this.#cohort(cohort, seconds !== undefined))}</tbody>
        </table></div>
      </details>`;
  }

  #cohort({ label, runs, slots, depths, bytes, seconds }: CohortEstimate, timed: boolean): TemplateResult {
    const [least, most] = depths;
    return html`<tr>
      <td>${label}</td><td>${formatCount(runs)}</td><td>${slots}</td><td>${least === most ? least : `${least}–${most}`}</td>
      <td>${formatBytes(bytes)}</td>${timed ? html`<td>${seconds === undefined ? '–' : formatDuration(seconds)}</td>` : ''}
    </tr>`;
  }

  readonly #start = (): void => tell(this, { type: 'start', engine: this.engine });
}
