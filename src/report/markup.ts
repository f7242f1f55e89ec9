/** HTML and SVG as text: what is put into a template is escaped unless it is markup itself. */

export class Markup {
  constructor(readonly text: string) {}
}

type Piece = Markup | string | number | undefined | readonly Piece[];

export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(strings.map((text, k) => text + (k < pieces.length ? textOf(pieces[k]) : '')).join(''));
}

function textOf(piece: Piece): string {
  if (piece === undefined) return '';
  if (piece instanceof Markup) return piece.text;
  if (Array.isArray(piece)) return piece.map(textOf).join('');
  return String(piece).replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
