/** The page's colours for canvases, which cannot read custom properties. */
export class Colors {
  readonly #known = new Map<string, string>();

  constructor(readonly host: HTMLElement) {}

  /** @param token a custom property, `--run-a` */
  of(token: string): string {
    let color = this.#known.get(token);
    if (color === undefined) {
      // The property itself reads `light-dark(…)`; any colour property that is not in use resolves it.
      this.host.style.setProperty('column-rule-color', `var(${token})`);
      color = getComputedStyle(this.host).columnRuleColor;
      this.#known.set(token, color);
    }
    return color;
  }

  /** Forgets all, for another theme. */
  clear(): void {
    this.#known.clear();
  }
}
