/** The dialogs, loaded when the first of them is opened: the machine, the map of the keyboard, the credits. */
import '@awesome.me/webawesome/dist/components/dialog/dialog.js';
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import './away.ts';
import './credits.ts';
import './import/import-dialog.ts';
import './key-map.ts';
import type { Incoming } from './import/files.ts';
import './library/files-panel.ts';
import './machine-panel.ts';
import type { Presence } from './presence.ts';
import type { LabState } from './state.ts';
import { shared } from './styles.ts';
import type { View } from './views.ts';

export type DialogName = 'engine' | 'keys' | 'credits' | 'away' | 'files' | 'import';

@customElement('nabla-dialogs')
export class Dialogs extends LitElement {
  @property({ attribute: false }) lab!: LabState;
  @property({ attribute: false }) presence!: Presence;
  @property() view: View = 'lab';
  /** What was dropped or pasted last. */
  @property({ attribute: false }) incoming: Incoming | undefined;
  /** The description in the Sweep view's form, where that is loaded. */
  @property({ attribute: false }) sweep: Readonly<Record<string, unknown>> | undefined;
  @property({ attribute: false }) open: DialogName | undefined;
  /** What had the focus before; one dialog may have opened another since. */
  #opener: HTMLElement | undefined;

  static override styles = [
    shared,
    css`
      wa-dialog { --width: min(620px, calc(100vw - 24px)); font-size: 13px; }
    `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('open') && this.open && !changed.get('open')) this.#opener = focused();
  }

  override render(): TemplateResult {
    return html`
      ${this.#dialog('engine', 'Machine', () => html`<nabla-machine .lab=${this.lab}></nabla-machine>`)}
      ${this.#dialog('keys', 'Keyboard', () => html`<nabla-key-map></nabla-key-map>`)}
      ${this.#dialog('away', 'While you are away', () => html`<nabla-away .presence=${this.presence}></nabla-away>`)}
      ${this.#dialog('files', 'Files', () => html`<nabla-files .lab=${this.lab} .view=${this.view}></nabla-files>`)}
      ${this.#dialog('import', 'Import', () => (this.incoming ? html`<nabla-import .lab=${this.lab} .incoming=${this.incoming} .sweep=${this.sweep}></nabla-import>` : html``))}
      ${this.#dialog('credits', 'Credits', () => html`<nabla-credits></nabla-credits>`)}`;
  }

  #dialog(name: DialogName, label: string, content: () => TemplateResult): TemplateResult {
    const open = this.open === name;
    return html`<wa-dialog label=${label} light-dismiss ?open=${open} @wa-after-hide=${() => this.#closed(name)}>${open ? content() : ''}</wa-dialog>`;
  }

  #closed(name: DialogName): void {
    // One that gave way to another is not the end of it.
    if (this.open !== undefined && this.open !== name) return;
    this.dispatchEvent(new CustomEvent('open-dialog', { detail: undefined, bubbles: true, composed: true }));
    this.#opener?.focus();
  }
}

/** What has the focus, in whichever shadow root. */
function focused(): HTMLElement | undefined {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at instanceof HTMLElement ? at : undefined;
}
