/** Start and pause, one iteration on or back, restart, speed; where the runs stand. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { formatCount } from '../metrics/format.ts';
import type { Speed } from '../sweep/protocol.ts';
import { act } from './events.ts';
import { formatDuration, formatRate } from './format.ts';
import { type LabState, playOrPause } from './state.ts';
import { shared } from './styles.ts';

/** Iterations per second to choose from. */
const SPEEDS: readonly Speed[] = ['full', 100, 30, 10, 5, 2, 1];

function speedWords(speed: Speed): string {
  return speed === 'full' ? 'full' : `${speed} / s`;
}

@customElement('nabla-play-bar')
export class PlayBar extends LitElement {
  @property({ attribute: false }) lab!: LabState;

  static override styles = [
    shared,
    css`
      :host { display: flex; align-items: center; gap: 8px; }
      .primary { min-width: 92px; white-space: nowrap; }
      @media (max-width: 1560px) { .speed span { position: absolute; clip-path: inset(50%); } }
      .where { color: var(--dim); white-space: nowrap; margin-left: 4px; }
      .where b { color: var(--text); font-weight: 600; }
      .speed { display: flex; align-items: center; gap: 6px; color: var(--dim); }
      select { font: inherit; color: var(--text); background: var(--raise); border: 1px solid var(--edge); border-radius: var(--r); min-height: 28px; padding: 0 4px; }
      progress { display: block; width: 100%; height: 3px; appearance: none; border: 0; background: var(--line); border-radius: 2px; overflow: hidden; }
      progress::-webkit-progress-bar { background: var(--line); }
      progress::-webkit-progress-value { background: var(--accent); }
      progress::-moz-progress-bar { background: var(--accent); }
      @media (max-width: 760px) { :host { flex-wrap: wrap; gap: 6px 5px; } .primary { min-width: 84px; } button { padding: 0 6px; } button, select { min-height: 40px; } select { width: 62px; } .speed span { position: absolute; clip-path: inset(50%); } ::slotted(*) { margin-left: auto; } .where { margin: 0; flex: 1 0 100%; } }
    `,
  ];

  override render(): TemplateResult {
    const { lab } = this;
    const { runState } = lab;
    const total = Math.max(...lab.experiments.map(({ iterations }) => iterations));
    const done = Math.max(0, ...(lab.traces ?? []).map((trace) => trace.length));
    const running = runState === 'running' || (runState === 'loading' && lab.wantsRun);
    // One button in every state, so that it keeps the focus.
    const [label, title] =
      runState === 'finished'
        ? ['↻ Run again', 'Run again from iteration 0']
        : running
          ? ['❚❚ Pause', 'Pause']
          : ['▶ Start', 'Start'];
    return html`
      <button class="primary" title="${title} (Space)" @click=${this.#toggle}>${label}</button>
      <button title="Previous iteration (,)" aria-label="Previous iteration" ?disabled=${runState === 'loading' || lab.stored !== undefined} @click=${this.#back}>❙◂</button>
      <button title="One iteration (.)" aria-label="One iteration" ?disabled=${runState === 'finished' || runState === 'loading'} @click=${this.#step}>▸❙</button>
      <button title="Back to iteration 0 (r)" aria-label="Back to iteration 0" @click=${() => act(this, { type: 'restart' })}>↺</button>
      <label class="speed"><span>Speed</span><select title="Iterations per second" @change=${this.#changeSpeed}>
        ${SPEEDS.map((speed) => html`<option value=${speed} ?selected=${speed === lab.speed}>${speedWords(speed)}</option>`)}
      </select></label>
      <slot></slot>
      <span class="where num">
        iteration <b>${formatCount(done)}</b> / ${formatCount(total)}
        <span class="tail">· ${this.#pace(total - done)}</span>
        <progress max=${total} value=${done} aria-label="Iterations done"></progress>
      </span>`;
  }

  #pace(left: number): string {
    const { runState, iterationsPerSecond: rate, failure, isGoingBack, stored } = this.lab;
    if (stored) return 'kept';
    if (isGoingBack) return 'going back';
    if (runState === 'finished') return failure === undefined ? 'finished' : 'stopped';
    if (runState === 'loading') return 'loading';
    if (runState === 'paused' || rate === 0) return runState === 'paused' ? 'paused' : 'running';
    return `${formatRate(rate)} · ${formatDuration(left / rate)} left`;
  }

  readonly #toggle = (): void => act(this, playOrPause(this.lab));

  /** A step back that has not been made yet is not asked for again. */
  readonly #back = (): void => {
    if (!this.lab.isGoingBack) act(this, { type: 'play', command: 'back' });
  };

  readonly #changeSpeed = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    act(this, { type: 'speed', speed: value === 'full' ? value : Number(value) });
  };

  readonly #step = (): void => act(this, { type: 'play', command: 'step' });
}
