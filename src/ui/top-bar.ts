/** Brand, engine, play bar, theme, credits. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { AdapterReport } from '../engine/report.ts';
import { act } from './events.ts';
import './play-bar.ts';
import type { LabState, ThemeChoice } from './state.ts';
import { shared } from './styles.ts';

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

  static override styles = [
    shared,
    css`
      :host { display: flex; align-items: center; gap: 10px; padding: 0 14px; min-height: 44px; border-bottom: 1px solid var(--line); background: var(--panel); min-width: 0; }
      h1 { font-size: 15px; letter-spacing: 0.2px; margin: 0 6px 0 0; white-space: nowrap; }
      .nabla { color: var(--accent); font-size: 18px; margin-right: 6px; }
      .grow { flex: 1; }
      .badge { border-radius: 99px; font-size: 12px; min-height: 26px; background: none; border-color: var(--line); color: var(--dim); min-width: 0; overflow: hidden; }
      .badge span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .badge i { flex: none; width: 7px; height: 7px; border-radius: 50%; background: var(--good); }
      .badge i.cpu { background: var(--warn); }
      .short { display: none; }
      @media (max-width: 1100px) { .long { display: none; } .short { display: inline; } }
      @media (max-width: 760px) { :host { padding: 0 10px; gap: 4px; } button { min-height: 40px; } .badge { min-height: 32px; } }
    `,
  ];

  override render(): TemplateResult {
    const { report, theme } = this.lab;
    return html`
      <h1><span class="nabla" aria-hidden="true">∇</span>Nablascope</h1>
      <button class="badge" title="Which engine, and why" @click=${() => this.#ask('engine')}><i class=${report?.engine ?? ''}></i><span>${engineName(report)}</span></button>
      <span class="grow"></span>
      ${this.narrow ? '' : html`<nabla-play-bar .lab=${this.lab}></nabla-play-bar><span class="grow"></span>`}
      <button class="quiet" aria-label="Colours: ${theme}" title="Colours: ${theme}" @click=${() => act(this, { type: 'theme', theme: NEXT_THEME[theme] })}>${THEME_SIGN[theme]}<span class="long">${theme}</span></button>
      <button class="quiet" @click=${() => this.#ask('credits')}>Credits</button>`;
  }

  #ask(dialog: 'engine' | 'credits'): void {
    this.dispatchEvent(new CustomEvent('open-dialog', { detail: dialog, bubbles: true, composed: true }));
  }
}
