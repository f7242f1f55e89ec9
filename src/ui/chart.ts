/** A chart with caption, read-out, keyboard crosshair, text summary and data table. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { chartStyles } from './chart/chart-styles.ts';
import { listenForGestures } from './chart/gestures.ts';
import { actOnChartKey, CHART_KEYS, WALK_KEYS } from './chart/keys.ts';
import './chart/menu.ts';
import type { Caption } from './chart/figure.ts';
import { framePicture } from './chart/picture.ts';
import { emit } from './events.ts';
import type { Frame, Table } from './frame.ts';
import { Plot, plotStyles } from './plot.ts';
import { shared } from './styles.ts';
import { dataTable, tableStyles } from './table.ts';
import { turn } from './turns.ts';

@customElement('nabla-chart')
export class NablaChart extends LitElement {
  @property() heading = '';
  @property() unit = '';
  /** Undefined until something is recorded. */
  @property({ attribute: false }) frame: Frame | undefined;
  @property({ attribute: false }) readout: TemplateResult | string = '';
  /** One or two sentences that say what the chart shows. */
  @property() summary = '';
  @property({ attribute: false }) table: () => Table = () => ({ columns: [], rows: [] });
  /** All of its data, as it is exported; by default what the table shows. */
  @property({ attribute: false }) data: (() => Table) | undefined;
  /** What the runs are, a line each, for pictures. */
  @property({ attribute: false }) settings: () => readonly string[] = () => [];
  /** Crosshair's position on the x axis. */
  @property({ attribute: false }) at: number | undefined;
  /** A chart whose x axis is not the iterations takes no zoom. */
  @property({ type: Boolean }) fixed = false;
  /** Resolved theme; only its change matters. */
  @property() theme = '';
  @property() empty = 'Waiting for the first iteration.';
  @state() private showsTable = false;
  @query('.plot') private host!: HTMLElement;
  #plot: Plot | undefined;
  #resized: ResizeObserver | undefined;
  #deaf: () => void = () => undefined;

  static override styles = [
    shared,
    chartStyles,
    tableStyles,
    plotStyles,
    css`
      :host { display: flex; min-width: 0; min-height: 0; }
      figure { padding-bottom: 4px; }
      figcaption { flex-wrap: nowrap; gap: 0 8px; min-height: 24px; }
      figcaption > span:first-child { flex: none; }
      .end { flex: none; display: inline-flex; align-items: center; }
      small { flex: 1 1 0; min-width: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
      .read { color: var(--dim); min-height: 17px; line-height: 17px; overflow: hidden; }
      .read span { display: inline-block; max-width: 100%; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; vertical-align: bottom; }
      .cells { display: grid; grid-template-columns: repeat(auto-fill, minmax(9ch, 1fr)); font-size: 11px; line-height: 15px; }
      .plot { flex: 1; min-height: 110px; position: relative; overflow: hidden; border-radius: 4px; touch-action: pan-y; }
      .plot[hidden] { display: none; }
      .empty { color: var(--dim); padding: 24px 8px; text-align: center; }
      .u-over { cursor: crosshair; }
      .u-cursor-x { border-right: 1px solid var(--dim) !important; }
      .u-select { background: color-mix(in srgb, var(--accent) 22%, transparent); }
    `,
  ];

  override render(): TemplateResult {
    return html`<figure>
      <figcaption>
        <span>${this.heading}</span><slot name="tools"></slot><small title=${this.unit}>${this.unit}</small>
        <span class="end"><button class="quiet table-button" title="Data table" aria-pressed=${this.showsTable} aria-label="${this.heading}: data table" @click=${this.#toggleTable}>▤</button>
        <nabla-chart-menu .heading=${this.heading} .unit=${this.unit} .figure=${this as HTMLElement} .settings=${this.settings} .table=${this.data ?? this.table} .picture=${this.#picture}></nabla-chart-menu></span>
      </figcaption>
      <div class="read num" aria-live=${this.matches(':focus-within') ? 'polite' : 'off'}>${this.readout}</div>
      ${this.frame ? '' : html`<p class="empty">${this.empty}</p>`}
      <div
        class="plot" role="img" tabindex="0" ?hidden=${this.showsTable || !this.frame}
        aria-label="${this.heading}. ${this.summary}" aria-roledescription="chart"
        aria-keyshortcuts=${this.fixed ? WALK_KEYS : CHART_KEYS}
        @keydown=${this.#key}
      ></div>
      ${this.showsTable ? dataTable(this.heading, this.table()) : ''}
    </figure>`;
  }

  protected override async scheduleUpdate(): Promise<void> {
    await turn();
    await super.scheduleUpdate();
  }

  override updated(changed: PropertyValues<this>): void {
    if (this.showsTable || !this.frame) return;
    if (this.#plot && !this.#plot.fits(this.frame)) this.#drop();
    if (!this.#plot) this.#build();
    else if (changed.has('frame')) this.#plot.draw(this.frame);
    if (changed.has('theme')) this.#plot?.restyle();
    if (changed.has('at') || changed.has('frame')) this.#plot?.point(this.at);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#drop();
  }

  readonly #picture = (caption: Caption): Promise<SVGElement> | undefined => {
    const { frame } = this;
    return frame && framePicture(this, frame, caption);
  };

  #drop(): void {
    this.#deaf();
    this.#resized?.disconnect();
    this.#plot?.destroy();
    this.#plot = undefined;
  }

  #build(): void {
    if (!this.frame) return;
    this.#plot = new Plot(this.host, this.frame, {
      hover: (x) => emit(this, 'chart-hover', x),
      zoom: (from, to) => !this.fixed && emit(this, 'chart-zoom', [from, to] as const),
      reset: () => !this.fixed && emit(this, 'chart-reset', { all: true }),
    });
    if (!this.fixed) {
      this.#deaf = listenForGestures(this.#plot.area, {
        range: () => this.frame?.xRange ?? [0, 1],
        view: (range, isFirst) => emit(this, isFirst ? 'chart-zoom' : 'chart-view', range),
      });
    }
    this.#resized = new ResizeObserver(() => this.#plot?.resize());
    this.#resized.observe(this.host);
  }

  #toggleTable(): void {
    this.showsTable = !this.showsTable;
  }

  readonly #key = (event: KeyboardEvent): void => {
    const { frame, at, fixed } = this;
    if (frame) actOnChartKey(this, event, { xs: frame.xs, range: frame.xRange, at, fixed });
  };
}
