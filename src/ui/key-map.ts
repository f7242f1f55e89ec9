/** The map of the keyboard, made of the table of shortcuts. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { PLACES, type Place, SHORTCUTS } from './shortcuts.ts';
import { areSingleKeysOn, setSingleKeys } from './single-keys.ts';
import { shared } from './styles.ts';

const SIGNS: Readonly<Record<string, string>> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'Page up',
  PageDown: 'Page down',
  Escape: 'Esc',
};

@customElement('nabla-key-map')
export class KeyMap extends LitElement {
  @state() private single = areSingleKeysOn();

  static override styles = [
    shared,
    css`
      :host { display: block; }
      table { border-collapse: collapse; width: 100%; margin-bottom: 14px; }
      caption { text-align: left; font-weight: 600; padding: 0 0 4px; }
      th, td { text-align: left; font-weight: 400; padding: 4px 0; border-top: 1px solid var(--line); vertical-align: top; }
      th { width: 40%; padding-right: 12px; }
      kbd { display: inline-block; min-width: 24px; text-align: center; padding: 1px 6px; margin: 1px 3px 1px 0; font: 12px var(--mono); background: var(--raise); border: 1px solid var(--edge); border-bottom-width: 2px; border-radius: 4px; }
      label { display: flex; gap: 8px; align-items: center; min-height: 24px; margin-bottom: 12px; }
      input { accent-color: var(--accent); width: 16px; height: 16px; margin: 0; }
    `,
  ];

  override render(): TemplateResult {
    return html`
      ${(Object.keys(PLACES) as Place[]).map((place) => this.#table(place))}
      <label><input type="checkbox" .checked=${this.single} @change=${this.#toggle} />Letters and signs act without Ctrl</label>
      <p class="dim">Tab and Shift+Tab go from control to control. Keys that are typed into a field stay in the field.</p>`;
  }

  #table(place: Place): TemplateResult | string {
    const rows = SHORTCUTS.filter((shortcut) => shortcut.place === place);
    if (rows.length === 0) return '';
    return html`<table>
      <caption>${PLACES[place]}</caption>
      <tbody>${rows.map(({ keys, does }) => html`<tr><th scope="row">${keys.map(keySigns)}</th><td>${does}</td></tr>`)}</tbody>
    </table>`;
  }

  readonly #toggle = (event: Event): void => {
    this.single = (event.target as HTMLInputElement).checked;
    setSingleKeys(this.single);
  };
}

/** `Ctrl+Shift+z` as three keys. */
function keySigns(key: string): TemplateResult {
  const parts = key === '+' ? ['+'] : key.split('+');
  return html`<span>${parts.map((part) => html`<kbd aria-label=${SIGNS[part] ? part : part.toUpperCase()}>${SIGNS[part] ?? part}</kbd>`)}</span> `;
}
