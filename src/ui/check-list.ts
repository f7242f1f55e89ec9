/** The ordered checks on the way to a GPU: what was asked, what was found, what to do next. */
import { css, html, type TemplateResult } from 'lit';
import type { GpuCheck } from '../engine/report.ts';
import { checkRows } from './engine-help.ts';

const SIGNS = { passed: '✓', warning: '!', failed: '✕', 'not reached': '·' } as const;

export const checkListStyles = css`
  .checks { list-style: none; margin: 0 0 12px; padding: 0; display: grid; gap: 4px; }
  .checks li { display: grid; grid-template-columns: 20px minmax(0, 1fr); gap: 0 6px; }
  .checks .sign { font-weight: 700; text-align: center; }
  .checks .passed .sign { color: var(--good); } .checks .failed .sign { color: var(--bad); } .checks .warning .sign { color: var(--warn); }
  .checks .found { color: var(--dim); overflow-wrap: anywhere; }
  .checks p { grid-column: 2; margin: 0; }
`;

export function checkList(checks: readonly GpuCheck[]): TemplateResult {
  return html`<ol class="checks" aria-label="Checks for WebGPU, in their order">${checkRows(checks).map(
    ({ label, outcome, found, next }) => html`<li class=${outcome}>
      <span class="sign" aria-hidden="true">${SIGNS[outcome]}</span>
      <span><span class="hidden">${outcome === 'not reached' ? '' : `${outcome}: `}</span>${label}: <span class="found">${found}</span></span>
      ${outcome === 'failed' || outcome === 'warning' ? html`<p>${next}</p>` : ''}
    </li>`,
  )}</ol>`;
}
