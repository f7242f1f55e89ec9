/** Which groups of the form a person has opened and folded, kept for the next visit. */
const KEY = 'nablascope.form';

export function readFolds(): ReadonlyMap<string, boolean> {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return new Map(Object.entries(stored as object).filter((entry): entry is [string, boolean] => typeof entry[1] === 'boolean'));
  } catch {
    // Whatever else stands there, or where nothing may be stored: the groups are as at first.
    return new Map();
  }
}

export function writeFolds(folds: ReadonlyMap<string, boolean>): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(folds)));
  } catch {
    // Storage is full or forbidden; the groups stay as they are until the page is left.
  }
}
