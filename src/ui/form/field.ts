/** One field of the form: its name and value, a slider or a choice, what it is for, and the sentence that says what is wrong. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import { act, emit } from '../events.ts';
import { formatSetting } from '../format.ts';
import { typedValue } from '../settings.ts';
import { shared } from '../styles.ts';
import { fieldStyles } from './field-styles.ts';
import { positionOf, rangeText, sliderOf, steppedValue, valueAt } from './number.ts';
import { firstSentence, type Row, valueText } from './rows.ts';

/** As many short options stand side by side. */
const SIDE_BY_SIDE = { options: 4, letters: 16 };

@customElement('nabla-field')
export class NablaField extends LitElement {
  @property({ attribute: false }) row!: Row;
  /** Whether all is said that there is to say, or the first sentence. */
  @property({ type: Boolean }) explained = false;
  /** Slider's value while it is dragged. */
  @state() private dragged: number | undefined;

  static override styles = [shared, fieldStyles, css`:host { display: grid; }`];

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('row')) this.dragged = undefined;
  }

  override render(): TemplateResult {
    const { field, changed, problem } = this.row;
    return html`<div class="line">
        <span class="name">${changed ? this.#dot() : nothing}<label id="label" for="control">${field.label}</label>
          ${field.unit ? html`<span class="unit">${field.unit}</span>` : nothing}</span>
        ${this.#control()}
        <button class="quiet reset" ?hidden=${!changed} aria-label=${`Reset ${field.label} to ${this.#default}`} title=${`Reset to ${this.#default}`} @click=${this.#reset}><span aria-hidden="true">↺</span></button>
      </div>
      ${this.#slider()} ${this.#why()}
      ${problem ? html`<p class="problem" id="problem" role="alert">${problem.message}</p>` : nothing}`;
  }

  get #default(): string {
    return valueText(this.row.field, this.row.default);
  }

  #dot(): TemplateResult {
    const words = `changed, default ${this.#default}`;
    return html`<span class="dot" title=${words}></span><span class="hidden">${words}</span>`;
  }

  #control(): TemplateResult {
    const { field } = this.row;
    if (field.kind === 'number') return this.#number();
    if (field.kind === 'flag') return this.#flag();
    const letters = field.options.reduce((sum, { label }) => sum + label.length, 0);
    const fits = field.options.length <= SIDE_BY_SIDE.options && letters <= SIDE_BY_SIDE.letters;
    return fits ? this.#buttons() : this.#select();
  }

  #number(): TemplateResult {
    const { problem, differs, value } = this.row;
    const at = this.dragged ?? (value as number | undefined);
    const isMixed = differs !== undefined && this.dragged === undefined;
    const shown = problem?.text ?? (isMixed || at === undefined ? '' : formatSetting(at));
    return html`<input
      id="control" type="text" inputmode="decimal" autocomplete="off" spellcheck="false" .value=${live(shown)}
      placeholder=${isMixed ? 'differs' : at === undefined ? 'as others' : nothing}
      aria-invalid=${problem ? 'true' : 'false'} aria-errormessage=${problem ? 'problem' : nothing} aria-describedby="why"
      @input=${this.#typing} @change=${this.#typed} @keydown=${this.#key}
    />`;
  }

  #slider(): TemplateResult | typeof nothing {
    const { field, value } = this.row;
    const slider = sliderOf(field);
    const at = this.dragged ?? value;
    if (!slider || typeof at !== 'number') return nothing;
    const dropped = (event: Event) => valueAt(slider, (event.target as HTMLInputElement).valueAsNumber);
    return html`<input class="slider" type="range" aria-labelledby="label" aria-describedby="why" aria-valuetext=${formatSetting(at)}
      min=${slider.from} max=${slider.to} step=${slider.step} .value=${live(String(positionOf(slider, at)))}
      @input=${(event: Event) => this.#drag(dropped(event))} @change=${(event: Event) => this.#edit(dropped(event))}
    />`;
  }

  #drag(value: number): void {
    this.dragged = value;
    emit(this, 'field-preview', { path: this.row.field.path, value });
  }

  #flag(): TemplateResult {
    const { value, differs } = this.row;
    return html`<span class="flag"><span class="dim" aria-hidden="true">${differs ? 'differs' : value ? 'yes' : 'no'}</span>
      <input id="control" type="checkbox" aria-describedby="why" .checked=${live(value === true)} .indeterminate=${live(differs !== undefined)}
        @change=${(event: Event) => this.#edit((event.target as HTMLInputElement).checked)}
      /></span>`;
  }

  #buttons(): TemplateResult {
    const { field, value, differs } = this.row;
    return html`<span class="seg" id="control" role="group" aria-labelledby="label" aria-describedby="why">
      ${field.options.map((option) => html`<button aria-pressed=${!differs && option.value === value} @click=${() => this.#edit(option.value)}>${option.label}</button>`)}
    </span>`;
  }

  #select(): TemplateResult {
    const { field, value, differs } = this.row;
    return html`<select id="control" aria-describedby="why" @change=${(event: Event) => this.#edit((event.target as HTMLSelectElement).value)}>
      ${differs ? html`<option value="" selected disabled>differs</option>` : nothing}
      ${field.options.map((option) => html`<option value=${option.value} .selected=${!differs && option.value === value}>${option.label}</option>`)}
    </select>`;
  }

  #why(): TemplateResult {
    const { field, value, differs, live: isLive } = this.row;
    const { why, options } = field;
    const chosen = differs ? '' : (options.find((option) => option.value === value)?.text ?? '');
    const range = rangeText(field);
    const short = this.explained ? why : [why, chosen].filter(Boolean).map(firstSentence).join(' ');
    return html`<p class="why" id="why">${short || (chosen ? '' : firstSentence(field.text))}
        ${range ? html`<span class="range" title=${`Valid is ${field.valid}.`}>${range}</span>` : nothing}
        ${isLive ? html`<span class="live" title="A change applies at the next iteration; the run goes on.">live</span>` : nothing}
        ${differs ? html`<span class="differs">${differs}</span>` : nothing}</p>
      ${this.explained ? this.#all() : nothing}`;
  }

  /** What each choice means, or what is valid in words. */
  #all(): TemplateResult {
    const { field } = this.row;
    const explained = field.options.filter(({ text }) => text !== '');
    return html`<ul class="why">
      ${explained.map(({ value, label, text }) => html`<li aria-current=${value === this.row.value ? 'true' : nothing}><b>${label}</b>: ${text}</li>`)}
      <li>${field.path}${field.kind === 'number' ? html`: valid is ${field.valid}` : nothing}. Default: ${this.#default}.</li>
    </ul>`;
  }

  #value(text: string): unknown {
    // Only what may be left out can be emptied.
    return text.trim() === '' && this.row.default === undefined ? undefined : typedValue(text);
  }

  readonly #typing = (event: Event): void => {
    emit(this, 'field-preview', { path: this.row.field.path, value: this.#value((event.target as HTMLInputElement).value) });
  };

  readonly #typed = (event: Event): void => {
    const text = (event.target as HTMLInputElement).value;
    act(this, { type: 'edit', path: this.row.field.path, value: this.#value(text), text });
  };

  /** Escape goes back to the setting in force; arrows change it a little. */
  readonly #key = (event: KeyboardEvent): void => {
    const { field, value } = this.row;
    const input = event.target as HTMLInputElement;
    if (event.key === 'Escape') {
      input.value = valueText(field, value);
      emit(this, 'field-preview', undefined);
      if (this.row.problem) act(this, { type: 'edit', path: field.path, value, text: '' });
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      const typed = typedValue(input.value);
      const next = typeof typed === 'number' ? steppedValue(field, typed, event.key === 'ArrowUp' ? 1 : -1) : undefined;
      if (next !== undefined) this.#edit(next);
    }
  };

  readonly #reset = (): void => {
    act(this, { type: 'edit', path: this.row.field.path, value: undefined, text: '' });
    this.renderRoot.querySelector<HTMLElement>('#control, .seg button')?.focus();
  };

  #edit(value: unknown): void {
    act(this, { type: 'edit', path: this.row.field.path, value, text: String(value) });
  }
}
