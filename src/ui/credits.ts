/** Who made the data and the software of this page. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { ATTRIBUTIONS } from '../data/load.ts';
import { shared } from './styles.ts';

@customElement('nabla-credits')
export class Credits extends LitElement {
  static override styles = [
    shared,
    css`
      :host { display: block; }
      section { padding: 10px 0; border-top: 1px solid var(--line); } section:first-of-type { border: 0; padding-top: 0; }
      section h3 { margin-bottom: 2px; }
      section p { margin: 0 0 2px; }
    `,
  ];

  override render(): TemplateResult {
    return html`${Object.values(ATTRIBUTIONS).map(
      ({ title, credit, licence, url }) => html`<section>
        <h3>${title}</h3>
        <p>${credit}</p>
        <p class="dim">${licence}${url ? html` · <a href=${url} target="_blank" rel="noreferrer">source<span class="hidden"> of ${title}, in a new tab</span></a>` : ''}</p>
      </section>`,
    )}
      <section>
        <h3>Software in this page</h3>
        <p>Lit, uPlot, Web Awesome (MIT; its system icons are Font Awesome Free, CC BY 4.0), Valibot (MIT). Colour maps inferno and viridis by Nathaniel Smith, Stéfan van der Walt and Eric Firing (CC0). Series colours after Okabe and Ito.</p>
      </section>`;
  }
}
