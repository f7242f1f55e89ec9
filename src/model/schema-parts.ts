/** Numbers, flags and choices with their descriptions, as the schemas of experiments use them. */
import * as v from 'valibot';

/** What a form needs to know of a field beside its description and what is valid. */
export interface Shown {
  /** By default the field's name in words. */
  readonly label?: string;
  /** What the number counts or multiplies. */
  readonly unit?: string;
  /** Where a slider begins and ends; whatever else is valid can be typed. */
  readonly usual?: readonly [from: number, to: number];
  /** Whether the slider moves by factors. */
  readonly log?: boolean;
  /** Labels and sentences of a choice's values; by default a value is its own label, in words. */
  readonly options?: Readonly<Record<string, OptionText>>;
  /** The field has no place, and its default is all that is valid, unless another field has one of some values, or none of some. */
  readonly needs?: Needs;
}

export interface OptionText {
  readonly label?: string;
  readonly text?: string;
}

export interface Needs {
  readonly path: string;
  readonly is?: readonly unknown[];
  readonly not?: readonly unknown[];
}

const shown = <T>(of: Shown) => v.metadata<T, Record<string, unknown>>({ ...of });

export const finite = v.pipe(v.number(), v.finite('a finite number'));
export const integer = (low: number, high: number, text: string, of: Shown = {}) =>
  v.pipe(v.number(), v.integer(), v.minValue(low), v.maxValue(high), v.description(text), shown(of));
export const atLeast = (low: number, text: string, of: Shown = {}) =>
  v.pipe(finite, v.minValue(low), v.description(text), shown(of));
export const positive = (text: string, of: Shown = {}) => v.pipe(finite, v.gtValue(0), v.description(text), shown(of));
export const fraction = (text: string, of: Shown = {}) =>
  v.pipe(finite, v.minValue(0), v.ltValue(1), v.description(text), shown(of));
export const anyNumber = (text: string, of: Shown = {}) => v.pipe(finite, v.description(text), shown(of));
export const flag = (text: string, of: Shown = {}) => v.pipe(v.boolean(), v.description(text), shown(of));
export const choice = <const Values extends readonly string[]>(values: Values, text: string, of: Shown = {}) =>
  v.pipe(v.picklist(values), v.description(text), shown(of));
/** The name by which a form of an object is chosen. */
export const named = <const Name extends string>(name: Name, text: string, of: Shown = {}) =>
  v.pipe(v.literal(name), v.description(text), shown(of));
