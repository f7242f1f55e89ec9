/** What a choice offers. */
export interface Option {
  readonly value: string;
  readonly label: string;
}

/** Options in the order of their values; a value without a label of its own is shown in words. */
export const optionsOf = (values: readonly string[], labels: Readonly<Record<string, string>> = {}): Option[] =>
  values.map((value) => ({ value, label: labels[value] ?? value.replaceAll('_', ' ') }));
