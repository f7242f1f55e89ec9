/** Rules that every element of the page shares. */
import { css } from 'lit';

export const shared = css`
  *, *::before, *::after { box-sizing: border-box; }
  h2 { font-size: 11px; font-weight: 600; letter-spacing: 0.08em; text-transform: uppercase; color: var(--faint); margin: 16px 0 8px; }
  h2:first-child { margin-top: 0; }
  h3 { font-size: 14px; margin: 0; }
  p { margin: 0; }
  a { color: var(--accent); }
  .num { font-family: var(--mono); font-variant-numeric: tabular-nums; font-size: 12px; }
  .dim { color: var(--dim); }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  button { font: inherit; color: var(--text); background: var(--raise); border: 1px solid var(--edge); border-radius: var(--r);
    padding: 0 10px; min-height: 28px; cursor: pointer; display: inline-flex; align-items: center; justify-content: center; gap: 6px; }
  button:hover { border-color: var(--dim); }
  button:disabled { opacity: 0.5; cursor: not-allowed; }
  button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
  button.quiet { background: none; border-color: transparent; color: var(--dim); }
  button.quiet:hover { background: var(--raise); color: var(--text); }
  button[aria-pressed='true'] { background: var(--raise); color: var(--text); border-color: var(--edge); }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  .seg { display: inline-flex; border: 1px solid var(--edge); border-radius: var(--r); overflow: clip; }
  .seg button { border: 0; border-radius: 0; background: none; color: var(--dim); min-width: 24px; min-height: 24px; padding: 0 7px; font-size: 12px; }
  .seg button + button { border-left: 1px solid var(--line); }
  .seg button[aria-pressed='true'] { background: var(--raise); color: var(--text); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
  .seg button:focus-visible { outline-offset: -2px; }
  .tag { display: inline-grid; place-items: center; width: 18px; height: 18px; border-radius: 4px; font-weight: 700; font-size: 11px; color: var(--panel); background: var(--run); }
`;
