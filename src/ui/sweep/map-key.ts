/** What a map's colours and signs mean: for the legend on the page and the one in pictures. */
import { VERDICT_KINDS } from '../../metrics/verdict.ts';
import type { Key } from '../chart/figure-map.ts';
import { symbolOf } from '../run-head.ts';
import { CELL, type Domain, type RunMap } from './map-data.ts';
import { goodIsBright, VERDICT_TOKENS } from './map-paint.ts';
import type { Outcome } from './outcomes.ts';
import { viridis } from './viridis.ts';

/** How the page draws a sign: a square in a colour, hatched, or a letter in the line. */
export type SignKind = 'square' | 'hatched' | 'letter' | 'none' | 'pending' | 'absent';

export interface MapKey extends Key {
  readonly signs: readonly (Key['signs'][number] & { readonly kind: SignKind })[];
}

/** Colours of a ramp: so many that no step between two shows. */
const STOPS = 33;

/** The colours of an outcome's scale, from its low end to its high one. */
function rampOf(outcome: Outcome): string[] {
  const share = (k: number) => k / (STOPS - 1);
  return Array.from({ length: STOPS }, (_, k) => `rgb(${viridis(goodIsBright(outcome) ? 1 - share(k) : share(k)).join(' ')})`);
}

/** Only what the map shows; without any value there is no ramp. */
export function keyOf(outcome: Outcome, domain: Domain, map: RunMap): MapKey {
  const has = (kind: number) => map.kind.includes(kind);
  const withValue = (share: (broken: number, finished: number) => boolean) =>
    map.broken.some((n, cell) => n > 0 && map.kind[cell] === CELL.value && share(n, map.finished[cell]));
  const isVerdict = outcome.scale === 'verdict';
  const sign = (isShown: boolean, kind: SignKind, fill: string, letter: string, text: string) =>
    isShown ? [{ kind, fill, sign: letter, text }] : [];
  const hasRamp = !isVerdict && map.low <= map.high;
  return {
    ramp: hasRamp
      ? {
          colors: rampOf(outcome),
          low: `${domain.clampedLow ? '≤ ' : ''}${outcome.format(domain.low)}`,
          high: `${domain.clampedHigh ? '≥ ' : ''}${outcome.format(domain.high)}`,
        }
      : undefined,
    signs: [
      ...VERDICT_KINDS.flatMap((kind, code) =>
        sign(isVerdict && map.value.includes(code), 'square', VERDICT_TOKENS[kind], symbolOf(kind), kind),
      ),
      ...sign(has(CELL.broken), 'hatched', '--bad', '▲', 'not finite'),
      ...sign(!isVerdict && !has(CELL.broken) && withValue((n, all) => n === all), 'letter', '--faint', '▲', 'not finite'),
      ...sign(!isVerdict && withValue((n, all) => n < all), 'letter', '--faint', '◥', 'some of its runs not finite'),
      ...sign(has(CELL.none), 'none', '--line', '', outcome.ofBroken ? 'stayed finite' : 'does not apply'),
      ...sign(has(CELL.pending), 'pending', '--raise', '', 'not finished'),
      ...sign(has(CELL.absent), 'absent', '--panel', '', 'no run'),
    ],
  };
}
