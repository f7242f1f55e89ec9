/** What all charts and maps look like: a panel, which may fill the screen, with a caption and a button for its data table. */
import { css } from 'lit';

export const chartStyles = css`
  :host(:fullscreen), :host([covers]) { background: var(--bg); padding: 12px; overflow: auto; }
  :host([covers]) { position: fixed; inset: 0; z-index: 20; height: auto !important; }
  figure { flex: 1; margin: 0; background: var(--panel); border: 1px solid var(--line); border-radius: var(--r); padding: 6px 10px; display: flex; flex-direction: column; min-height: 0; min-width: 0; }
  figcaption { display: flex; flex-wrap: wrap; gap: 2px 10px; align-items: center; font-weight: 600; min-height: 26px; }
  small { font-weight: 400; color: var(--dim); font-size: 11.5px; }
  .table-button { min-height: 24px; padding: 0 5px; font-size: 14px; }
`;
