/** What else this browser keeps: runs of other tabs and visits that can go on, and sweeps. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { formatCount } from '../../metrics/format.ts';
import { parseExperiment } from '../../model/experiment.ts';
import { openSweepDatabase } from '../../sweep/store-indexeddb.ts';
import { openLabStore } from '../../sweep/store-lab.ts';
import type { StoredSweep } from '../../sweep/sweep-protocol.ts';
import { writeHash } from '../address.ts';
import { emitDeletion } from '../events.ts';
import { formatDuration } from '../format.ts';
import { differenceSummary } from '../settings.ts';
import { identityOf, initialState, OWN_TITLE } from '../state.ts';
import { shared } from '../styles.ts';
import { isHeld, keepSession } from '../tab-session.ts';
import { encodeSettings } from '../url.ts';
import { addressOf } from '../views.ts';
import { formatBytes } from './bytes.ts';
import { within } from './keep.ts';

type KeptLab = Awaited<ReturnType<Awaited<ReturnType<typeof openLabStore>>['listLabs']>>[number];
interface Lab extends KeptLab {
  /** In a tab that is open, this one among them. */
  readonly isHeld: boolean;
}

@customElement('nabla-kept-others')
export class KeptOthers extends LitElement {
  @state() private labs: readonly Lab[] = [];
  @state() private sweeps: readonly StoredSweep[] = [];
  @state() private said = '';
  /** Another one for tests. */
  reload = (): void => location.reload();

  static override styles = [
    shared,
    css`
      :host { display: block; }
      h2:first-child { margin-top: 16px; }
      ul { list-style: none; margin: 0; padding: 0; }
      li { display: grid; gap: 2px; padding: 7px 0; border-bottom: 1px solid var(--line); }
      strong { overflow-wrap: anywhere; }
      .row { display: flex; flex-wrap: wrap; gap: 6px 8px; align-items: center; }
      button { min-height: 24px; font-size: 12px; padding: 0 8px; }
      @media (max-width: 760px) { button { min-height: 40px; } }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('kept-others', this.#reread);
    this.#read();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('kept-others', this.#reread);
  }

  readonly #reread = (): void => void this.#read();

  override render(): TemplateResult {
    const { labs, sweeps } = this;
    return html`
      ${this.said ? html`<p role="status">${this.said}</p>` : ''}
      ${labs.length > 0 ? html`<h2>Runs under way</h2><ul aria-label="Runs under way">${labs.map((lab) => this.#lab(lab))}</ul>` : ''}
      ${sweeps.length > 0 ? html`<h2>Sweeps</h2><ul aria-label="Sweeps">${sweeps.map((sweep) => this.#sweep(sweep))}</ul>` : ''}`;
  }

  #lab(lab: Lab): TemplateResult {
    const { id, experiments, iteration, keptAt, bytes } = lab;
    const name = titleOf(experiments);
    const total = Math.max(...experiments.map(({ iterations }) => iterations));
    return html`<li>
      <strong>${name}</strong>
      <span class="dim">${formatCount(experiments.length)} ${experiments.length === 1 ? 'run' : 'runs'} at iteration ${formatCount(iteration)} of ${formatCount(total)}, ${keptWords(keptAt, bytes)}${lab.isHeld ? '; in a tab that is open' : ''}</span>
      ${
        lab.isHeld
          ? ''
          : html`<span class="row">
            <button aria-label="Open ${name}" @click=${() => this.#goOn(lab)}>Open</button>
            <button class="quiet" aria-label="Delete ${name}" @click=${() => emitDeletion(this, { what: 'lab', id }, name)}>Delete</button>
          </span>`
      }
    </li>`;
  }

  #sweep({ sweepId, title, runs, finished, keptAt, bytes }: StoredSweep): TemplateResult {
    const name = title || 'Untitled';
    return html`<li>
      <strong>${name}</strong><span class="dim">${formatCount(finished)} of ${formatCount(runs)} runs${keptAt !== undefined && bytes !== undefined ? `, ${keptWords(keptAt, bytes)}` : ''}</span>
      <span class="row">
        <button aria-label="Open ${name}" @click=${() => this.dispatchEvent(new CustomEvent('open-stored-sweep', { detail: sweepId, bubbles: true, composed: true }))}>Open</button>
        <button class="quiet" aria-label="Delete ${name}" @click=${() => emitDeletion(this, { what: 'sweep', id: sweepId }, name)}>Delete</button>
      </span>
    </li>`;
  }

  async #read(): Promise<void> {
    try {
      const [labs, held, sweeps] = await Promise.all([
        within(openLabStore(), (store) => store.listLabs()),
        isHeld(),
        within(openSweepDatabase(), (database) => database.listSweeps()),
      ]);
      this.labs = labs.filter(({ iteration }) => iteration > 0).map((lab) => ({ ...lab, isHeld: held(lab.id) }));
      this.sweeps = sweeps;
    } catch (error) {
      this.said = error instanceof Error ? error.message : String(error);
    }
  }

  /** This tab takes the session over, as if it were the one of before a reload; its own runs are listed here from then on. */
  #goOn({ id, experiments, engine }: Lab): void {
    history.replaceState(null, '', addressOf('lab'));
    writeHash({ lab: encodeSettings({ ...initialState(), experiments, engine }) });
    keepSession(id);
    this.reload();
  }
}

/** `kept 3 min ago, 12 MB` */
function keptWords(keptAt: number, bytes: number): string {
  return `kept ${formatDuration(Math.max(0, Date.now() - keptAt) / 1000)} ago, ${formatBytes(bytes)}`;
}

/** The prepared pair's names, or what sets a run apart from the defaults. */
function titleOf(experiments: KeptLab['experiments']): string {
  const { titles } = identityOf(experiments);
  if (titles[0] !== OWN_TITLE) return titles.join(' and ');
  return differenceSummary(experiments[0], parseExperiment({})) || 'The defaults';
}
