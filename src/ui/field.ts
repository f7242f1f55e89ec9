/** One control: label, value as text, slider or choice, and the sentence that says what is wrong with what was typed. */
import '@awesome.me/webawesome/dist/components/option/option.js';
import '@awesome.me/webawesome/dist/components/select/select.js';
import '@awesome.me/webawesome/dist/components/slider/slider.js';
import type WaSelect from '@awesome.me/webawesome/dist/components/select/select.js';
import type WaSlider from '@awesome.me/webawesome/dist/components/slider/slider.js';
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { textOf } from '../model/describe.ts';
import { act } from './events.ts';
import type { ChoiceField, Field, NumberField } from './fields.ts';
import { formatSetting } from './format.ts';
import { typedValue } from './settings.ts';
import type { FieldProblem } from './state.ts';
import { shared } from './styles.ts';

@customElement('nabla-field')
export class NablaField extends LitElement {
  @property({ attribute: false }) field!: Field;
  @property({ attribute: false }) value: unknown;
  /** Value of the other run where both are edited and differ. */
  @property({ attribute: false }) otherValue: unknown;
  @property({ type: Boolean, reflect: true }) changed = false;
  @property({ attribute: false }) problem: FieldProblem | undefined;
  /** Slider's value while it is dragged. */
  @state() private dragged: number | undefined;

  static override styles = [
    shared,
    css`
      :host { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: center; gap: 0 8px; padding: 2px 0; }
      label, .label { color: var(--dim); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
      :host([changed]) .label::after { content: ''; display: inline-block; width: 5px; height: 5px; border-radius: 50%; background: var(--accent); margin-left: 6px; vertical-align: middle; }
      input { width: 84px; height: 24px; text-align: right; font: 12px var(--mono); font-variant-numeric: tabular-nums; color: var(--text); background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 0 5px; }
      input.mixed { width: 128px; }
      input:hover, input:focus { border-color: var(--edge); background: var(--panel); }
      input[aria-invalid='true'] { border-color: var(--bad); }
      :host([plain]) input { border-color: var(--line); }
      wa-slider { position: relative; grid-column: 1 / -1; --track-size: 4px; --thumb-width: 14px; --thumb-height: 14px; margin: 1px 7px 3px; }
      wa-slider::part(slider) { margin-block-start: 0; padding-block: 5px; }
      wa-slider::part(label) { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
      wa-select { grid-column: 1 / -1; font-size: 12px; min-width: 0; }
      wa-select::part(form-control) { display: grid; grid-template-columns: minmax(0, 1fr) 138px; gap: 0 8px; align-items: center; }
      wa-select::part(form-control-label) { display: inline-flex; align-items: center; color: var(--dim); font-size: 13px; margin: 0; }
      :host([changed]) wa-select::part(form-control-label)::after { content: ''; display: inline-block; width: 5px; height: 5px; border-radius: 50%; background: var(--accent); margin-left: 6px; vertical-align: 2px; }
      wa-select::part(hint) { display: none; }
      wa-select::part(display-input) { text-overflow: ellipsis; }
      wa-option { font-size: 12px; padding-block: 3px; }
      .problem { grid-column: 1 / -1; color: var(--bad); font-size: 12px; line-height: 1.35; white-space: pre-line; padding: 2px 0 4px; }
      .mixed { color: var(--faint); }
    `,
  ];

  override render(): TemplateResult {
    return html`${this.field.kind === 'number' ? this.#number(this.field) : this.#choice(this.field)}
      ${this.problem ? html`<p class="problem" id="problem" role="alert">${this.problem.message}</p>` : nothing}`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.toggleAttribute('plain', this.field.kind === 'number' && !this.field.slider);
    if (changed.has('value')) this.dragged = undefined;
  }

  get #shown(): string {
    if (this.problem) return this.problem.text;
    const value = this.dragged ?? (this.value as number);
    return this.otherValue === undefined || this.dragged !== undefined
      ? formatSetting(value)
      : `${formatSetting(value)} | ${formatSetting(this.otherValue as number)}`;
  }

  #number(field: NumberField): TemplateResult {
    return html`<label class="label" for="text" title=${textOf(field.path)}>${field.label}</label>
      <input
        id="text" type="text" inputmode="decimal" autocomplete="off" spellcheck="false"
        .value=${live(this.#shown)} class=${this.otherValue === undefined ? '' : 'mixed'}
        aria-invalid=${this.problem ? 'true' : 'false'} aria-errormessage=${this.problem ? 'problem' : nothing} aria-description=${textOf(field.path)}
        @change=${this.#typed} @keydown=${this.#revert}
      />
      ${field.slider ? this.#slider(field, field.slider) : nothing}`;
  }

  #slider({ label }: NumberField, { min, max, step, log }: NonNullable<NumberField['slider']>): TemplateResult {
    const to = (x: number) => (log ? Math.log10(x) : x);
    const at = Math.min(to(max), Math.max(to(min), to(this.dragged ?? (this.value as number))));
    return html`<wa-slider
      label=${label} .min=${to(min)} .max=${to(max)} .step=${step} .value=${live(at)}
      .valueFormatter=${(x: number) => formatSetting(this.#fromSlider(x, log))}
      @input=${(event: Event) => {
        this.dragged = this.#fromSlider((event.target as WaSlider).value, log);
      }}
      @change=${(event: Event) => this.#edit(this.#fromSlider((event.target as WaSlider).value, log))}
    ></wa-slider>`;
  }

  /** Log sliders give two significant digits, others what the step gives. */
  #fromSlider(x: number, log?: boolean): number {
    return Number(log ? (10 ** x).toPrecision(2) : x.toPrecision(6));
  }

  #choice(field: ChoiceField): TemplateResult {
    const value = this.otherValue === undefined ? String(this.value) : '';
    if (field.segmented) {
      return html`<span class="label" id="label" title=${textOf(field.path)}>${field.label}</span>
        <span class="seg" role="group" aria-labelledby="label" aria-description=${textOf(field.path)}>
          ${field.options.map((option) => html`<button aria-pressed=${option.value === value} @click=${() => this.#edit(field.flag ? option.value === 'true' : option.value)}>${option.label}</button>`)}
        </span>`;
    }
    return html`<wa-select size="s" title=${textOf(field.path)} label=${field.label} placeholder="A ≠ B" .value=${live(value)} @change=${(event: Event) => this.#edit((event.target as WaSelect).value)}>
        ${field.options.map((option) => html`<wa-option value=${option.value}>${option.label}</wa-option>`)}
      </wa-select>`;
  }

  readonly #typed = (event: Event): void => {
    const text = (event.target as HTMLInputElement).value;
    act(this, { type: 'edit', path: this.field.path, value: typedValue(text), text });
  };

  /** Escape goes back to the setting in force. */
  readonly #revert = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    act(this, { type: 'edit', path: this.field.path, value: this.value, text: '' });
    (event.target as HTMLInputElement).value = formatSetting(this.value as number);
  };

  #edit(value: unknown): void {
    act(this, { type: 'edit', path: this.field.path, value, text: String(value) });
  }
}
