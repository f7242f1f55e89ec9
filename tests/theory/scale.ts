/** How large the measured theory tests are: small in the gate, as published by `npm run verify`. */

declare const process: { readonly env: Readonly<Record<string, string | undefined>> } | undefined;

/** False in a browser, which has no environment. */
export const FULL = typeof process !== 'undefined' && process.env.NABLASCOPE_VERIFY === 'full';

/** What the gate uses, or what `npm run verify` does. */
export function sized<T>(gate: T, full: T): T {
  return FULL ? full : gate;
}
