/** The right-hand column: the cell under the cursor, the open run with its verdict, its numbers, its experiment. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { formatCount, formatNumber, formatRuns } from '../../metrics/format.ts';
import type { Experiment } from '../../model/schema.ts';
import type { RunRecord } from '../../sweep/record.ts';
import { copyText } from '../clipboard.ts';
import { formatRate } from '../format.ts';
import { symbolOf } from '../run-head.ts';
import { shared } from '../styles.ts';
import { axisName, valueWord } from './axis-values.ts';
import { writeText } from './document.ts';
import { type MapQuery, pointsOfCell } from './map-data.ts';
import { queryOf } from './map-query.ts';
import { cellPlace } from './map-words.ts';
import { OUTCOMES } from './outcomes.ts';
import { experimentOfRun, twinOf } from './run-experiment.ts';
import { isWorking, type OpenSweep, type SweepViewState, tell } from './state.ts';

/** Runs of a cell that are listed one by one. */
const MOST_LISTED = 12;

@customElement('nabla-sweep-findings')
export class SweepFindings extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;
  @state() private copied = false;

  static override styles = [
    shared,
    css`
      :host { display: block; }
      .verdict { border: 1px solid var(--line); border-left: 3px solid var(--edge); border-radius: var(--r); background: var(--raise); padding: 9px 12px 10px; margin-bottom: 8px; }
      .verdict p { color: var(--dim); padding: 2px 0; overflow-wrap: anywhere; }
      .verdict.exploding, .verdict.diverged { border-left-color: var(--bad); } .verdict.vanishing, .verdict.stuck { border-left-color: var(--warn); } .verdict.healthy { border-left-color: var(--good); }
      .exploding > h3, .diverged > h3, span.exploding, span.diverged { color: var(--bad); } .vanishing > h3, .stuck > h3, span.vanishing, span.stuck { color: var(--warn); } .healthy > h3, span.healthy { color: var(--good); }
      .runs { display: grid; gap: 3px; margin: 6px 0 4px; }
      .runs button { justify-content: space-between; min-height: 24px; font-size: 12px; padding: 0 8px; }
      dl { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 2px 8px; margin: 0 0 8px; }
      dt { color: var(--dim); } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
      .row { display: flex; flex-wrap: wrap; gap: 6px; margin: 8px 0; }
      summary { cursor: pointer; min-height: 24px; color: var(--accent); }
      pre { font: 11.5px/1.45 var(--mono); background: var(--raise); border: 1px solid var(--line); border-radius: 4px; padding: 8px; overflow: auto; max-height: 320px; margin: 4px 0; }
      @media (max-width: 760px) { button { min-height: 40px; } .runs button { min-height: 34px; } }
    `,
  ];

  override render(): TemplateResult {
    const { open } = this.sweep;
    if (!open) return html``;
    return html`<h2>Cell</h2>${this.#cell(open)} <h2>Run</h2>${this.#run(open)}`;
  }

  #cell(open: OpenSweep): TemplateResult {
    const { cursor, view } = this.sweep;
    if (!cursor) return html`<p class="dim">Point at a cell of the map to read its runs.</p>`;
    const query: MapQuery = queryOf(view);
    const { rows, columns } = {
      columns: open.table.axes[query.x].values.length,
      rows: query.y === undefined ? 1 : open.table.axes[query.y].values.length,
    };
    const points = pointsOfCell(open.table, query, (cursor.panel * rows + cursor.y) * columns + cursor.x);
    const finished = points.filter((p) => open.table.records[p]);
    const { outcome } = query;
    return html`<div class="verdict"><h3>${cellPlace(open.table, query, cursor)}</h3>
      <p>${points.length === 0 ? 'No run of the sweep lies here.' : `${formatCount(finished.length)} of ${formatRuns(points.length)} finished.`}</p>
      <div class="runs">${finished.slice(0, MOST_LISTED).map((p) => {
        const record = open.table.records[p] as RunRecord;
        const { kind } = record.result.verdict;
        const value = outcome.value(record);
        return html`<button class="num" @click=${() => tell(this, { type: 'run', id: record.id })} title="Open this run">
          <span>${this.#restOf(open, p, query)}</span><span class=${kind}>${symbolOf(kind)} ${outcome.scale === 'verdict' ? kind : Number.isNaN(value) ? kind : outcome.format(value)}</span></button>`;
      })}</div>
      ${finished.length > MOST_LISTED ? html`<p>and ${formatCount(finished.length - MOST_LISTED)} more in the table of runs</p>` : ''}
    </div>`;
  }

  /** What tells the runs of a cell apart: the axes that the map does not show. */
  #restOf({ table: { axes, points } }: OpenSweep, point: number, { x, y, facet, fixed }: MapQuery): string {
    const words = axes.flatMap(({ path }, axis) =>
      axis === x || axis === y || axis === facet || fixed.has(axis)
        ? []
        : [`${axisName(path)} ${valueWord(points[point].values[axis])}`],
    );
    return words.join(', ') || points[point].id.slice(0, 6);
  }

  #run(open: OpenSweep): TemplateResult {
    const { run } = this.sweep;
    const point = run && open.table.pointOf.get(run.id);
    const record = point === undefined ? undefined : open.table.records[point];
    if (!run || point === undefined || !record)
      return html`<p class="dim">Click a cell, or a row of the table, to open a run.</p>`;
    const { verdict, firstNonFinite, iterations } = record.result;
    const experiment = this.#experiment(open, point);
    return html`<section class="verdict ${verdict.kind}" aria-label="Verdict">
        <h3>${symbolOf(verdict.kind)} ${verdict.title}</h3>
        ${verdict.evidence.map((sentence) => html`<p>${sentence}</p>`)}
      </section>
      <dl>
        ${open.table.axes.map(({ path }, axis) => html`<dt>${axisName(path)}</dt><dd class="num">${valueWord(open.table.points[point].values[axis])}</dd>`)}
        ${OUTCOMES.filter(({ scale, ofBroken }) => scale !== 'verdict' && !ofBroken).map((outcome) => {
          const value = outcome.value(record);
          return html`<dt>${outcome.label}</dt><dd class="num">${Number.isNaN(value) ? (outcome.id === 'loss' ? formatNumber(record.result.loss) : '–') : outcome.format(value)}</dd>`;
        })}
        <dt>First not finite</dt><dd class="num">${firstNonFinite ? `${firstNonFinite.tensor} @ ${formatCount(firstNonFinite.iteration)}` : 'none'}</dd>
        <dt>Iterations</dt><dd class="num">${formatCount(iterations)}</dd>
        <dt>Engine</dt><dd class="num">${record.engine.engine === 'cpu' ? 'CPU' : record.engine.adapter || 'WebGPU'}, ${formatRate(record.iterationsPerSecond)}</dd>
        <dt>Run</dt><dd class="num">${run.id}</dd>
      </dl>
      ${typeof experiment === 'string' ? html`<p class="dim">${experiment}</p>` : this.#actions(experiment)}`;
  }

  #experiment({ document, table }: OpenSweep, point: number): Experiment | string {
    try {
      return experimentOfRun(document, table.axes, table.points[point]);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #actions(experiment: Experiment): TemplateResult {
    const twin = twinOf(experiment);
    return html`<div class="row">
        <button class="primary" title=${twin.clip.rule === 'none' ? 'Beside its twin without clipping' : 'Beside its twin with clipping at 1'} @click=${() => this.#openInLab(experiment, twin)}>Open in the Lab</button>
        <button @click=${() => this.#copy(experiment)}>${this.copied ? 'Copied' : 'Copy JSON'}</button>
        <span class="hidden" role="status">${this.copied ? 'The experiment is copied' : ''}</span>
      </div>
      <details><summary>Experiment as JSON</summary><pre tabindex="0" role="region" aria-label="Experiment as JSON">${writeText(experiment)}</pre></details>`;
  }

  #openInLab(experiment: Experiment, twin: Experiment): void {
    this.dispatchEvent(
      new CustomEvent('open-in-lab', {
        detail: { experiments: [experiment, twin], run: !isWorking(this.sweep.work) },
        bubbles: true,
        composed: true,
      }),
    );
  }

  async #copy(experiment: Experiment): Promise<void> {
    await copyText(writeText(experiment));
    this.copied = true;
    setTimeout(() => {
      this.copied = false;
    }, 2000);
  }
}
