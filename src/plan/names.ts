/** Names that a plan's parts agree on. */

/** Name of the rows of one step of a tensor. */
export function stepName(tensor: string, t: number): string {
  return `${tensor}[${t}]`;
}
