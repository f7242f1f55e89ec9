/** The data table that stands behind each chart. */
import { css, html, type TemplateResult } from 'lit';
import type { Table } from './frame.ts';

export const tableStyles = css`
  .table { flex: 1; min-height: 110px; overflow: auto; margin: 4px 0; border: 1px solid var(--line); border-radius: 4px; padding: 0 8px; }
  table { border-collapse: collapse; width: 100%; font: 12px var(--mono); font-variant-numeric: tabular-nums; }
  th, td { text-align: right; padding: 3px 8px; border-bottom: 1px solid var(--line); white-space: nowrap; }
  th { position: sticky; top: 0; background: var(--panel); color: var(--dim); font-weight: 600; }
  th:first-child, td:first-child { text-align: left; }
  tr:last-child td { border-bottom: 0; }
`;

export function dataTable(caption: string, { columns, rows }: Table): TemplateResult {
  return html`<div class="table" tabindex="0" role="region" aria-label="${caption}, data">
    <table>
      <caption class="hidden">${caption}</caption>
      <thead><tr>${columns.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
    </table>
  </div>`;
}
