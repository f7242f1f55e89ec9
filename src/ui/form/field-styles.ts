/** How a field of the form looks. */
import { css } from 'lit';

export const fieldStyles = css`
  :host { padding: 3px 0 5px; }
  .line { display: grid; grid-template-columns: minmax(0, 1fr) auto 24px; align-items: center; gap: 0 4px; min-height: 26px; }
  .name { display: flex; flex-wrap: wrap; align-items: center; gap: 0 5px; min-width: 0; position: relative; }
  /* Focus by keyboard keeps clear of the estimate that covers the end of the column. */
  input, select, button { scroll-margin-block: 40px 130px; }
  .unit { color: var(--faint); font-size: 11px; white-space: nowrap; }
  .dot { width: 6px; height: 6px; border-radius: 50%; background: var(--accent); position: absolute; left: -10px; top: 6px; }
  .reset { min-height: 24px; width: 24px; padding: 0; font-size: 14px; }
  .reset[hidden] { display: inline-flex; visibility: hidden; }
  input[type='text'] { width: 84px; height: 24px; text-align: right; font: 12px var(--mono); font-variant-numeric: tabular-nums; color: var(--text); background: transparent; border: 1px solid var(--line); border-radius: 4px; padding: 0 5px; }
  input[type='text']:hover, input[type='text']:focus { border-color: var(--edge); background: var(--panel); }
  input[aria-invalid='true'] { border-color: var(--bad); }
  input::placeholder { color: var(--faint); font-style: italic; }
  .slider { width: calc(100% - 28px); height: 24px; margin: -1px 0; accent-color: var(--accent); cursor: pointer; }
  input[type='checkbox'] { width: 18px; height: 18px; margin: 3px; accent-color: var(--accent); cursor: pointer; }
  .flag { display: inline-flex; align-items: center; gap: 4px; }
  select { font: 12px var(--sans); height: 26px; width: 128px; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); padding: 0 4px; }
  .why { color: var(--faint); font-size: 11.5px; line-height: 1.35; margin: 1px 0 0; overflow-wrap: anywhere; }
  ul.why { padding: 2px 0 0 14px; }
  li[aria-current='true'] { color: var(--dim); }
  .range, .differs { font: 11px var(--mono); white-space: nowrap; border: 1px solid var(--line); border-radius: 4px; padding: 0 4px; }
  .differs { white-space: normal; display: inline-block; }
  .live { color: var(--accent); }
  .problem { color: var(--bad); font-size: 12px; line-height: 1.35; white-space: pre-line; padding: 2px 0 4px; overflow-wrap: anywhere; }
  @media (pointer: coarse) {
    .line { min-height: 34px; }
    input[type='text'], select, .reset { height: 32px; min-height: 32px; }
    .slider { height: 32px; }
  }
`;
