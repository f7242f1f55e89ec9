/** The form of an experiment, made from its schema: groups that fold, a search, and what has been changed. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { FieldProblem } from '../state.ts';
import { shared } from '../styles.ts';
import './field.ts';
import { readFolds, writeFolds } from './folds.ts';
import { elsewhere, type FormRun, groupsOf, isSearching, type RowGroup, rowsOf } from './rows.ts';

@customElement('nabla-form')
export class NablaForm extends LitElement {
  /** The runs that the form edits, at least one. */
  @property({ attribute: false }) runs: readonly FormRun[] = [];
  /** By path. */
  @property({ attribute: false }) problems: Readonly<Record<string, FieldProblem>> = {};
  @state() private text = '';
  @state() private onlyChanged = false;
  @state() private explained = false;
  /** Groups that a person has opened or folded. */
  @state() private folds: ReadonlyMap<string, boolean> = readFolds();

  static override styles = [
    shared,
    css`
      :host { display: block; }
      .search { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 4px; margin-top: 8px; }
      input { font: inherit; height: 28px; min-width: 0; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); padding: 0 8px; }
      .search button { min-height: 28px; padding: 0 8px; font-size: 12px; }
      .count { color: var(--faint); font-size: 11.5px; min-height: 17px; margin: 3px 0 0; }
      section { border-top: 1px solid var(--line); margin-top: 4px; }
      h2 { margin: 0; }
      h2 button { width: 100%; min-height: 30px; padding: 0; justify-content: flex-start; font: inherit; letter-spacing: inherit; text-transform: inherit; color: inherit; }
      h2 .mark { width: 10px; }
      h2 .facts { margin-left: auto; letter-spacing: 0; text-transform: none; font-weight: 400; }
      h2 .changed { color: var(--accent); } h2 .wrong { color: var(--bad); }
      .elsewhere { color: var(--faint); font-size: 12px; border-top: 1px solid var(--line); margin-top: 8px; padding-top: 8px; }
      .elsewhere ul { margin: 2px 0 0; padding-left: 16px; }
    `,
  ];

  override render(): TemplateResult {
    const rows = rowsOf(this.runs, this.problems);
    const search = { text: this.text, onlyChanged: this.onlyChanged };
    const groups = groupsOf(rows, search);
    const changed = rows.filter((row) => row.changed).length;
    const found = groups.reduce((sum, group) => sum + group.rows.length, 0);
    const others = this.onlyChanged ? [] : elsewhere(this.runs, this.text);
    return html`<div class="search" role="search" aria-label="Settings">
        <input type="search" aria-label="Search settings" placeholder="Search" .value=${this.text} @input=${this.#type} @keydown=${this.#escape} />
        <button aria-pressed=${this.onlyChanged} title="Show only what differs from the default" @click=${this.#toggleChanged}>${changed} changed</button>
        <button aria-pressed=${this.explained} title="Say all about each setting" aria-label="Explain each setting in full" @click=${this.#toggleExplained}>?</button>
      </div>
      <p class="count" role="status">${isSearching(search) ? `${found} of ${rows.length} settings` : nothing}</p>
      ${repeat(
        groups,
        ({ title }) => title,
        (group) => this.#group(group, isSearching(search)),
      )}
      ${
        others.length > 0
          ? html`<div class="elsewhere">Elsewhere:<ul>${others.map(({ label, where }) => html`<li>${label}, ${where}</li>`)}</ul></div>`
          : nothing
      }`;
  }

  #group(group: RowGroup, isFound: boolean): TemplateResult {
    const { title, rows, changed, problems } = group;
    const isOpen = isFound || (this.folds.get(title) ?? group.isOpen) || problems > 0;
    return html`<section aria-label=${title}>
      <h2><button class="quiet" aria-expanded=${isOpen} @click=${() => this.#fold(title, !isOpen)}>
        <span class="mark" aria-hidden="true">${isOpen ? '▾' : '▸'}</span>${title}
        <span class="facts">${problems > 0 ? html`<span class="wrong">${problems} refused</span> · ` : nothing}${changed > 0 ? html`<span class="changed">${changed} changed</span> · ` : nothing}${rows.length}<span class="hidden"> settings</span></span>
      </button></h2>
      ${
        isOpen
          ? repeat(
              rows,
              ({ field }) => field.path,
              (row) => html`<nabla-field .row=${row} ?explained=${this.explained}></nabla-field>`,
            )
          : nothing
      }
    </section>`;
  }

  #fold(title: string, isOpen: boolean): void {
    this.folds = new Map([...this.folds, [title, isOpen]]);
    writeFolds(this.folds);
  }

  readonly #type = (event: Event): void => {
    this.text = (event.target as HTMLInputElement).value;
  };

  readonly #escape = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || this.text === '') return;
    // A drawer around the form would close.
    event.stopPropagation();
    this.text = '';
  };

  readonly #toggleChanged = (): void => {
    this.onlyChanged = !this.onlyChanged;
  };

  readonly #toggleExplained = (): void => {
    this.explained = !this.explained;
  };
}
