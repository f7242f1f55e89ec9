/** What can be done with a chart or a map: fill the screen, and take it along as a picture or as numbers. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { download } from '../export/download.ts';
import type { Table } from '../frame.ts';
import { shared } from '../styles.ts';
import type { Caption } from './figure.ts';

@customElement('nabla-chart-menu')
export class ChartMenu extends LitElement {
  @property() heading = '';
  @property() unit = '';
  /** The element that fills the screen. */
  @property({ attribute: false }) figure: HTMLElement | undefined;
  /** Draws the picture, with the page's colours; undefined while there is nothing to draw. */
  @property({ attribute: false }) picture: (caption: Caption) => Promise<SVGElement> | undefined = () => undefined;
  @property({ attribute: false }) settings: () => readonly string[] = () => [];
  @property({ attribute: false }) table: () => Table = () => ({ columns: [], rows: [] });
  @state() private problem = '';
  @state() private open = false;

  static override styles = [
    shared,
    css`
      :host { position: relative; }
      details > summary { list-style: none; display: grid; place-items: center; min-width: 28px; min-height: 24px; border-radius: var(--r); color: var(--dim); cursor: pointer; font-size: 14px; }
      summary::-webkit-details-marker { display: none; }
      summary:hover { background: var(--raise); color: var(--text); }
      .list { position: absolute; right: 0; top: 100%; z-index: 6; display: grid; min-width: 168px; padding: 4px; background: var(--panel); border: 1px solid var(--edge); border-radius: var(--r); box-shadow: 0 6px 20px var(--shade); }
      .list button { justify-content: flex-start; background: none; border-color: transparent; font-weight: 400; }
      .list button:hover { background: var(--raise); }
      p { padding: 4px 8px; color: var(--bad); font-weight: 400; }
      @media (max-width: 760px) { details > summary { min-width: 40px; min-height: 40px; } .list button { min-height: 40px; } }
    `,
  ];

  override render(): TemplateResult {
    return html`<details ?open=${this.open} @toggle=${this.#toggled} @keydown=${this.#key} @focusout=${this.#left}>
      <summary title="Full screen, picture, data" aria-label="${this.heading}: full screen, picture, data">⋯</summary>
      <div class="list">
        <button @click=${() => this.#run(this.#fill)}>Full screen</button>
        <button @click=${() => this.#run(this.#png)}>Picture, PNG</button>
        <button @click=${() => this.#run(this.#svg)}>Picture, SVG</button>
        <button @click=${() => this.#run(this.#csv)}>Data, CSV</button>
        <button @click=${() => this.#run(() => this.#sheet('png'))}>All charts, PNG</button>
        <button @click=${() => this.#run(() => this.#sheet('svg'))}>All charts, SVG</button>
        ${this.problem ? html`<p role="alert">${this.problem}</p>` : ''}
      </div>
    </details>`;
  }

  readonly #toggled = (event: Event): void => {
    this.open = (event.target as HTMLDetailsElement).open;
  };

  readonly #key = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !this.open) return;
    this.open = false;
    this.renderRoot.querySelector('summary')?.focus();
    event.stopPropagation();
  };

  readonly #left = (event: FocusEvent): void => {
    if (!this.renderRoot.contains(event.relatedTarget as Node | null)) this.open = false;
  };

  async #run(action: () => Promise<void>): Promise<void> {
    try {
      await action();
      this.problem = '';
      this.open = false;
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#cover(false);
  }

  /** Without the Fullscreen API, as on iPhones, the chart covers the page; the same button, or Escape, ends it. */
  readonly #fill = async (): Promise<void> => {
    const { figure } = this;
    if (document.fullscreenElement) return document.exitFullscreen();
    if (typeof figure?.requestFullscreen === 'function') return figure.requestFullscreen();
    this.#cover(!figure?.hasAttribute('covers'));
  };

  #cover(covers: boolean): void {
    this.figure?.toggleAttribute('covers', covers);
    // Before what has the focus, which may know Escape too.
    if (covers) window.addEventListener('keydown', this.#uncover, { capture: true });
    else window.removeEventListener('keydown', this.#uncover, { capture: true });
  }

  readonly #uncover = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || this.open) return;
    this.#cover(false);
    event.preventDefault();
    event.stopPropagation();
  };

  async #drawn(): Promise<SVGElement> {
    const caption = { title: this.heading, unit: this.unit, settings: this.settings(), address: location.href };
    const picture = await this.picture(caption);
    if (!picture) throw new Error('There is nothing to draw yet.');
    return picture;
  }

  readonly #svg = async (): Promise<void> => {
    const { fileName, svgText } = await import('./save.ts');
    download(`${fileName(this.heading)}.svg`, [svgText(await this.#drawn())], 'image/svg+xml');
  };

  readonly #png = async (): Promise<void> => {
    const { fileName, pngOf } = await import('./save.ts');
    download(`${fileName(this.heading)}.png`, [await pngOf(await this.#drawn())], 'image/png');
  };

  async #sheet(format: 'png' | 'svg'): Promise<void> {
    const { saveSheet } = await import('./sheet.ts');
    await saveSheet(format);
  }

  readonly #csv = async (): Promise<void> => {
    const { csvText, fileName } = await import('./save.ts');
    download(`${fileName(this.heading)}.csv`, [csvText(this.table())], 'text/csv');
  };
}
