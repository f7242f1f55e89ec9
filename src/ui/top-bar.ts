/** Brand, engine, play bar, theme, credits. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AdapterReport } from '../engine/report.ts';
import type { DialogName } from './dialogs.ts';
import { act } from './events.ts';
import './history-buttons.ts';
import './play-bar.ts';
import type { LabState, ThemeChoice } from './state.ts';
import { shared } from './styles.ts';
import { addressOf, VIEWS, type View } from './views.ts';

const NEXT_THEME: Readonly<Record<ThemeChoice, ThemeChoice>> = { system: 'light', light: 'dark', dark: 'system' };
const THEME_SIGN: Readonly<Record<ThemeChoice, string>> = { system: '◐', light: '○', dark: '●' };

/** The engine in as few words as a badge has. */
export function engineName(report: AdapterReport | undefined): string {
  if (!report) return 'Engine …';
  if (report.engine === 'cpu') return 'CPU engine';
  const { adapter } = report;
  const name = adapter ? adapter.description || [adapter.vendor, adapter.architecture].filter(Boolean).join(' ') : '';
  return ['WebGPU', name.replace(/\s*\(.*$/, '') || 'adapter', ...(adapter?.software ? ['software'] : [])].join(' · ');
}

@customElement('nabla-top-bar')
export class TopBar extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  /** On a phone the play bar stands at the bottom of the page. */
  @property({ type: Boolean }) narrow = false;
  @property() view: View = 'lab';

  static override styles = [
    shared,
    css`
      :host { display: flex; align-items: center; gap: 10px; padding: 0 14px; min-height: 44px; border-bottom: 1px solid var(--line); background: var(--panel); min-width: 0; }
      h1 { font-size: 15px; letter-spacing: 0.2px; margin: 0 6px 0 0; white-space: nowrap; }
      .skip { position: absolute; z-index: 6; top: 8px; } .skip:not(:focus) { clip-path: inset(50%); width: 1px; height: 1px; min-height: 0; overflow: hidden; padding: 0; }
      .nabla { color: var(--accent); font-size: 18px; margin-right: 6px; }
      .grow { flex: 1; }
      nabla-play-bar { flex: none; }
      nav { display: flex; gap: 2px; }
      nav a { display: inline-flex; align-items: center; padding: 0 11px; min-height: 28px; border-radius: var(--r); color: var(--dim); text-decoration: none; }
      nav a:hover { color: var(--text); }
      nav a[aria-current='page'] { background: var(--raise); color: var(--text); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
      .badge { border-radius: 99px; font-size: 12px; min-height: 26px; background: none; border-color: var(--line); color: var(--dim); min-width: 28px; max-width: 300px; flex: 0 1 auto; overflow: hidden; }
      .badge span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .badge i { flex: none; width: 7px; height: 7px; border-radius: 50%; background: var(--good); }
      .badge i.cpu { background: var(--warn); }
      .short { display: none; }
      @media (max-width: 1340px) { h1 { font-size: 0; margin: 0; } :host { gap: 6px; } .wide { display: none; } .short { display: inline; } }
      @media (max-width: 1560px) { .long { display: none; } }
      @media (max-width: 760px) { :host { padding: 0 10px; gap: 4px; } button, nav a { min-height: 40px; } nav a { padding: 0 8px; } h1 { font-size: 0; margin: 0; } .badge { min-height: 32px; } }
    `,
  ];

  override render(): TemplateResult {
    const { report, theme } = this.lab;
    return html`
      <button class="skip" @click=${this.#skip}>Skip to the ${this.view === 'lab' ? 'charts' : 'results'}</button>
      <h1><span class="nabla" aria-hidden="true">∇</span>Nablascope</h1>
      <nav aria-label="Views">${VIEWS.map(({ id, label }) => html`<a href=${addressOf(id)} aria-current=${id === this.view ? 'page' : nothing} @click=${this.#go(id)}>${label}</a>`)}</nav>
      <button class="badge" title="Which engine, and why" @click=${() => this.#ask('engine')}><i class=${report?.engine ?? ''}></i><span>${engineName(report)}</span></button>
      <span class="grow"></span>
      ${this.narrow || this.view !== 'lab' ? '' : html`<nabla-play-bar .lab=${this.lab}></nabla-play-bar><span class="grow"></span>`}
      ${this.narrow ? '' : html`<nabla-history .history=${this.lab.history} .view=${this.view}></nabla-history>`}
      <button class="quiet" title="Open, keep, export" @click=${() => this.#ask('files')}>Files</button>
      <button class="quiet" aria-label="Colours: ${theme}" title="Colours: ${theme}" @click=${() => act(this, { type: 'theme', theme: NEXT_THEME[theme] })}>${THEME_SIGN[theme]}<span class="long">${theme}</span></button>
      ${this.narrow ? '' : html`<button class="quiet" aria-label="Keyboard map" title="Keyboard map (?)" @click=${() => this.#ask('keys')}>?</button>`}
      <button class="quiet" aria-label="While you are away" title="While you are away" @click=${() => this.#ask('away')}>☾</button>
      <button class="quiet" aria-label="Credits" title="Credits" @click=${() => this.#ask('credits')}><span class="wide">Credits</span><span class="short" aria-hidden="true">©</span></button>`;
  }

  /** A plain click switches without loading; any other does what links do. */
  #go(view: View): (event: MouseEvent) => void {
    return (event) => {
      if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      this.dispatchEvent(new CustomEvent('go', { detail: view, bubbles: true, composed: true }));
    };
  }

  readonly #skip = (): void => {
    this.dispatchEvent(new CustomEvent('skip', { bubbles: true, composed: true }));
  };

  #ask(dialog: DialogName): void {
    this.dispatchEvent(new CustomEvent('open-dialog', { detail: dialog, bubbles: true, composed: true }));
  }
}
