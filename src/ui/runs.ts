/** The Lab's runs: their letters, and how each is drawn. */

export const MAX_RUNS = 16;

export type RunIndex = number;
/** Which runs the controls edit. */
export type EditTarget = RunIndex | 'all';

/** `A` to `P`. */
export function runName(run: RunIndex): string {
  return String.fromCharCode(65 + run);
}

/** The run of that name, in either case; undefined for any other text. */
export function runNamed(name: string): RunIndex | undefined {
  const run = name.length === 1 ? name.toUpperCase().charCodeAt(0) - 65 : -1;
  return run >= 0 && run < MAX_RUNS ? run : undefined;
}

/** `run A`, `runs A and B`, `runs A, B and C`. */
export function runsNamed(runs: readonly RunIndex[]): string {
  const names = runs.map(runName);
  return `${names.length > 1 ? 'runs' : 'run'} ${listed(names)}`;
}

/** `A`, `A and B`, `A, B and C`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

const COLORS = 8;

/** Custom property: Okabe–Ito's colours and grey, after which they come again with other dashes. */
export function runColor(run: RunIndex): string {
  return `--run-${runName(run % COLORS).toLowerCase()}`;
}

const DASHES: readonly (readonly number[])[] = [
  [],
  [14, 3],
  [7, 3],
  [3, 3],
  [14, 3, 3, 3],
  [7, 3, 2, 3],
  [2, 4],
  [14, 3, 2, 3, 2, 3],
];

/** On and off in pixels: colours are never alone. */
export function runDash(run: RunIndex): readonly number[] {
  // The second eight have each other's.
  return DASHES[(run + (run < COLORS ? 0 : 3)) % DASHES.length];
}
