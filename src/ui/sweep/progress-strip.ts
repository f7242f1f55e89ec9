/** How a sweep stands: progress, pace, what has diverged, pause, resume, cancel. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount } from '../../metrics/format.ts';
import { formatDuration, formatRate } from '../format.ts';
import { shared } from '../styles.ts';
import { engineName } from '../top-bar.ts';
import { isWorking, type SweepViewState, tell } from './state.ts';

const STATE_WORDS = {
  idle: 'not running',
  calibrating: 'calibrating',
  running: 'running',
  paused: 'paused',
  recovering: 'recovering',
  finished: 'finished',
  cancelled: 'cancelled; what has finished is kept',
} as const;

@customElement('nabla-sweep-progress')
export class SweepProgressStrip extends LitElement {
  @property({ attribute: false }) sweep!: SweepViewState;

  static override styles = [
    shared,
    css`
      :host { display: block; }
      section { background: var(--panel); border: 1px solid var(--line); border-radius: var(--r); padding: 7px 10px; display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; }
      b { font-weight: 600; white-space: nowrap; }
      progress { flex: 1 1 140px; height: 6px; appearance: none; border: 0; background: var(--line); border-radius: 3px; overflow: hidden; }
      progress::-webkit-progress-bar { background: var(--line); }
      progress::-webkit-progress-value { background: var(--accent); }
      progress::-moz-progress-bar { background: var(--accent); }
      .bad { color: var(--bad); }
      .message { flex: 1 0 100%; color: var(--dim); }
      .buttons { display: flex; gap: 6px; }
      @media (max-width: 760px) { button { min-height: 40px; } .buttons { flex: 1 0 100%; } .buttons button { flex: 1; } }
    `,
  ];

  override render(): TemplateResult {
    const { open, progress, work, workMessage, report } = this.sweep;
    if (!open) return html``;
    const runs = progress?.runs ?? open.table.points.length;
    const finished = progress?.finished ?? open.table.records.filter(Boolean).length;
    return html`<section aria-label="Progress of the sweep">
      <b class="num">${formatCount(finished)} / ${formatCount(runs)}</b>
      <progress max=${Math.max(1, runs)} value=${finished} aria-label="Runs finished"></progress>
      <span class="num">${this.#pace(finished, runs)}</span>
      ${isWorking(work) ? this.#buttons() : ''}
      ${report ? html`<p class="message num" title=${report.why}>${engineName(report)}${progress && isWorking(work) ? ` · ${formatCount(progress.training)} networks at once · ${formatRate(progress.iterationsPerSecond)} together` : ''}</p>` : ''}
      <span class="hidden" role="status">${STATE_WORDS[work]}</span>
      ${workMessage ? html`<p class="message" role="status">${workMessage}</p>` : ''}
    </section>`;
  }

  #pace(finished: number, runs: number): TemplateResult {
    const { progress, work } = this.sweep;
    const word = finished === runs && !isWorking(work) ? STATE_WORDS.finished : STATE_WORDS[work];
    if (!progress) return html`<span class="dim">${word}</span>`;
    const { runsPerMinute, iterationsPerSecond, secondsLeft, diverged, training, elapsedSeconds } = progress;
    const diverges = diverged > 0 ? html` · <span class="bad">▲ ${formatCount(diverged)} diverged</span>` : '';
    if (work !== 'running') return html`${word} · after ${formatDuration(elapsedSeconds)}${diverges}`;
    const left = secondsLeft === undefined ? 'time left unknown yet' : `${formatDuration(secondsLeft)} left`;
    return html`<span title="${formatCount(training)} training now, ${formatRate(iterationsPerSecond)} together">${formatCount(runsPerMinute)} runs/min</span> · ${left}${diverges}`;
  }

  #buttons(): TemplateResult {
    const { work } = this.sweep;
    return html`<span class="buttons">
      ${
        work === 'paused'
          ? html`<button class="primary" @click=${() => tell(this, { type: 'resume' })}>▶ Resume</button>`
          : html`<button class="primary" ?disabled=${work === 'recovering'} @click=${() => tell(this, { type: 'pause' })}>❚❚ Pause</button>`
      }
      <button @click=${() => tell(this, { type: 'cancel' })}>Cancel</button>
    </span>`;
  }
}
