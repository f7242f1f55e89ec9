/** The page's views. Which one is shown stands in the query, `?view=sweep`; the hash has a part for each. */

export const VIEWS = [
  { id: 'lab', label: 'Lab' },
  { id: 'sweep', label: 'Sweep' },
] as const;
export type View = (typeof VIEWS)[number]['id'];

/** The view of an address; the Lab for one that is not known. */
export function viewOf(search: string): View {
  const word = new URLSearchParams(search).get('view');
  return VIEWS.find(({ id }) => id === word)?.id ?? 'lab';
}

/** The present address with another view. */
export function addressOf(view: View): string {
  const words = new URLSearchParams(location.search);
  if (view === 'lab') words.delete('view');
  else words.set('view', view);
  return `${words.size > 0 ? `?${words}` : location.pathname}${location.hash}`;
}
