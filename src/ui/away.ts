/** Switches for whoever leaves the page to itself: the screen stays on, notifications. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { Presence } from './presence.ts';
import { shared } from './styles.ts';

@customElement('nabla-away')
export class Away extends LitElement {
  @property({ attribute: false }) presence!: Presence;

  static override styles = [
    shared,
    css`
      :host { display: block; }
      p { max-width: 66ch; }
      section { margin-top: 14px; padding-top: 10px; border-top: 1px solid var(--line); }
      label { display: flex; gap: 10px; align-items: center; min-height: 28px; font-weight: 600; }
      input { accent-color: var(--accent); width: 18px; height: 18px; margin: 0; }
      .said { color: var(--warn); }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.presence.addEventListener('change', this.#update);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.presence.removeEventListener('change', this.#update);
  }

  override render(): TemplateResult {
    const { screen, notices } = this.presence;
    return html`
      <p>Training goes on at full speed in a hidden tab. The tab’s title says how far it is, and what is trained is kept every few seconds: after a reload, a crash or a discarded tab it is offered again.</p>
      ${this.#switch('Keep the screen on while something trains', screen, (on) => {
        screen.wanted = on;
      })}
      ${this.#switch('Notify when runs or a sweep have finished or diverged', notices, (on) => void notices.want(on))}`;
  }

  #switch(
    label: string,
    { isSupported, wanted, words }: { readonly isSupported: boolean; readonly wanted: boolean; readonly words: string },
    change: (on: boolean) => void,
  ): TemplateResult {
    return html`<section>
      <label><input type="checkbox" role="switch" .checked=${live(wanted)} ?disabled=${!isSupported} @change=${(event: Event) => {
        change((event.target as HTMLInputElement).checked);
      }} />${label}</label>
      <p class=${wanted ? 'dim' : 'said'} role="status">${words}</p>
    </section>`;
  }

  readonly #update = (): void => this.requestUpdate();
}
