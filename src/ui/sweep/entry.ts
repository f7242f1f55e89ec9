/** Entries of the form: label, what was typed, and what is wrong with it, beside it. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { Problem } from '../../model/errors.ts';
import { formatSetting } from '../format.ts';
import { typedValue } from '../settings.ts';

export const entryStyles = css`
  .entry { display: grid; grid-template-columns: minmax(0, 1fr) 112px; gap: 1px 8px; align-items: center; padding: 2px 0; }
  .entry.wide { grid-template-columns: minmax(0, 1fr); }
  .entry label, .label { color: var(--dim); }
  input, select, textarea { font: 12px var(--mono); font-variant-numeric: tabular-nums; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: 4px; min-height: 26px; padding: 0 6px; width: 100%; min-width: 0; }
  select { font: 12px var(--sans); padding: 0 3px; }
  textarea { padding: 6px; resize: vertical; line-height: 1.45; white-space: pre; overflow: auto; }
  .problem { grid-column: 1 / -1; color: var(--bad); font-size: 12px; line-height: 1.35; overflow-wrap: anywhere; padding: 1px 0 3px; }
  [aria-invalid='true'] { border-color: var(--bad); }
  .note { color: var(--faint); font-size: 11.5px; line-height: 1.35; overflow-wrap: anywhere; }
  .small { min-height: 24px; font-size: 12px; padding: 0 7px; }
  @media (max-width: 760px) { input, select, .small { min-height: 34px; } }
`;

interface Entry {
  /** Unique in its element. */
  readonly id: string;
  readonly label: string;
  readonly value: unknown;
  readonly problem?: string | undefined;
  readonly wide?: boolean;
  readonly placeholder?: string;
  readonly title?: string;
  readonly change: (value: unknown) => void;
}

/**
 * A text field for a number, or for whatever else was typed: it is judged where all is judged. Empty is undefined. Not `live`: the
 * view is drawn several times a second while a sweep runs, and must leave alone what is being typed.
 */
export function entry({ id, label, value, problem, wide, placeholder, title, change }: Entry): TemplateResult {
  const text = typeof value === 'number' ? formatSetting(value) : value === undefined ? '' : String(value);
  return html`<div class="entry ${wide ? 'wide' : ''}">
    <label for=${id} title=${title ?? nothing}>${label}</label>
    <input
      id=${id} type="text" autocomplete="off" spellcheck="false" placeholder=${placeholder ?? nothing} .value=${text}
      aria-invalid=${problem ? 'true' : 'false'} aria-describedby=${problem ? `${id}-problem` : nothing} aria-description=${title ?? nothing}
      @change=${(event: Event) => {
        const typed = (event.target as HTMLInputElement).value.trim();
        change(typed === '' ? undefined : typedValue(typed));
      }}
    />
    ${sentence(problem, `${id}-problem`)}
  </div>`;
}

export function sentence(problem: string | undefined, id = ''): TemplateResult | typeof nothing {
  return problem ? html`<p class="problem" id=${id || nothing} role="alert">${problem}</p>` : nothing;
}

/** What is wrong at a path or below it; undefined where nothing is. */
export function problemAt(problems: readonly Problem[], ...paths: readonly string[]): string | undefined {
  const found = problems.filter(({ path }) => paths.some((own) => path === own || path.startsWith(`${own}.`)));
  return found.length > 0 ? found.map(({ problem }) => problem).join('\n') : undefined;
}
