/** Reading from rings on the device no more than is wanted. */
import type { Range } from '../plan/plan.ts';

/** `count` slots of a ring from slot `first` on, in order: one range, or two where the ring comes to its end between. */
export function ringRanges(
  { buffer, offset }: Range,
  ring: { readonly slots: number; readonly words: number },
  first: number,
  count: number,
): Range[] {
  const from = first % ring.slots;
  const ahead = Math.min(count, ring.slots - from);
  const range = (slot: number, slots: number) => ({ buffer, offset: offset + slot * ring.words, words: slots * ring.words });
  return ahead === count ? [range(from, count)] : [range(from, ahead), range(0, count - ahead)];
}

/** Arrays as one. */
export function joined(parts: readonly Uint32Array[]): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
