/**
 * The two parts of the address' hash: the Lab's words, `v=1&model.depth=32`, and behind them, from the word `sweep` on, those of the
 * Sweep view, `sweep=1&doc.title=Rates`. Each view reads and writes its own, whichever is shown.
 */
export interface Hash {
  readonly lab: string;
  readonly sweep: string;
}

/** Of one part; sixteen runs that share nothing take a quarter of it. */
export const MOST_CHARACTERS = 65_536;

/** @param hash without `#` */
export function splitHash(hash: string): Hash {
  if (hash.startsWith('sweep=')) return { lab: '', sweep: hash };
  const at = hash.indexOf('&sweep=');
  return at < 0 ? { lab: hash, sweep: '' } : { lab: hash.slice(0, at), sweep: hash.slice(at + 1) };
}

export function presentHash(): Hash {
  return splitHash(location.hash.slice(1));
}

/** Replaces one part of the hash, or both. */
export function writeHash(change: Partial<Hash>): void {
  const { lab, sweep } = { ...presentHash(), ...change };
  const hash = [lab, sweep].filter(Boolean).join('&');
  if (hash === location.hash.slice(1)) return;
  history.replaceState(history.state, '', hash === '' ? location.pathname + location.search : `#${hash}`);
}

/** Why a part of the hash is not read at all; undefined where it is. */
export function refusal(length: number, version: string | null, valid: string, instead: string): string | undefined {
  if (length > MOST_CHARACTERS) {
    const problem = `The link has ${length.toLocaleString('en')} characters and this page reads up to ${MOST_CHARACTERS.toLocaleString('en')}`;
    return `${problem}; ${instead}.`;
  }
  if (version === valid) return undefined;
  const found = version === null ? 'no version' : `version ${version.slice(0, 40)}`;
  return `The link has ${found} and this page reads version ${valid}; ${instead}.`;
}

/** Sentences shown of a link. */
const MOST_REFUSED = 20;

/** What of a link could not be used, a sentence a line; undefined where all could. */
export function noticeOf(refused: readonly string[]): string | undefined {
  const rest = refused.length - MOST_REFUSED;
  const shown = rest > 0 ? [...refused.slice(0, MOST_REFUSED), `and ${rest} more`] : refused;
  return shown.length > 0 ? shown.join('\n') : undefined;
}
