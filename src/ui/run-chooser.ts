/** Chooses the run that a map shows. */
import { html, type TemplateResult } from 'lit';
import { act } from './events.ts';
import { runName } from './runs.ts';

/** Few runs side by side, more in a list; nothing for one alone. @param label what is chosen, for those who cannot see it */
export function runChooser(host: HTMLElement, label: string, count: number, chosen: number): TemplateResult | string {
  const runs = Array.from({ length: count }, (_, r) => r);
  const choose = (run: number) => act(host, { type: 'map run', run });
  if (count < 2) return '';
  if (count > 4) {
    return html`<label><span class="hidden">${label}</span><select @change=${(event: Event) => choose(Number((event.target as HTMLSelectElement).value))}>
      ${runs.map((r) => html`<option value=${r} .selected=${chosen === r}>Run ${runName(r)}</option>`)}
    </select></label>`;
  }
  return html`<span class="seg" role="group" aria-label=${label}>
    ${runs.map((r) => html`<button aria-pressed=${chosen === r} @click=${() => choose(r)}>Run ${runName(r)}</button>`)}
  </span>`;
}
