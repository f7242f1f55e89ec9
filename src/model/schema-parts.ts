/** Numbers and flags with their descriptions, as the schemas of experiments use them. */
import * as v from 'valibot';

export const finite = v.pipe(v.number(), v.finite('a finite number'));
export const integer = (low: number, high: number, text: string) =>
  v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high), v.description(text));
export const atLeast = (low: number, text: string) => v.pipe(finite, v.minValue(low), v.description(text));
export const positive = (text: string) => v.pipe(finite, v.gtValue(0), v.description(text));
export const fraction = (text: string) => v.pipe(finite, v.minValue(0), v.ltValue(1), v.description(text));
export const flag = (text: string) => v.pipe(v.boolean(), v.description(text));
