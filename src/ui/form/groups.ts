/** Under which headings the form shows fields, by the objects of an experiment that they stand in. */

export interface GroupHeading {
  readonly title: string;
  /** Paths and beginnings of paths. */
  readonly prefixes: readonly string[];
  /** Whether the group is open at first. */
  readonly isOpen: boolean;
}

export const GROUPS: readonly GroupHeading[] = [
  { title: 'Network', prefixes: ['model.'], isOpen: true },
  { title: 'Initial weights', prefixes: ['model.init.', 'model.recurrentInit.', 'model.forgetBias'], isOpen: true },
  { title: 'Optimizer', prefixes: ['optimizer.'], isOpen: true },
  { title: 'Clipping', prefixes: ['clip.'], isOpen: true },
  { title: 'Learning-rate schedule', prefixes: ['optimizer.schedule.'], isOpen: false },
  { title: 'Data', prefixes: ['task.'], isOpen: false },
  { title: 'Training', prefixes: [''], isOpen: false },
  { title: 'Number format', prefixes: ['range', 'precision.', 'nonFinite'], isOpen: false },
  { title: 'Early end', prefixes: ['stop.'], isOpen: false },
  { title: 'Records', prefixes: ['probes.'], isOpen: false },
];

/** The group whose prefix says most about a path. */
export function groupOf(path: string): GroupHeading {
  const length = ({ prefixes }: GroupHeading) =>
    Math.max(-1, ...prefixes.filter((prefix) => path.startsWith(prefix)).map((prefix) => prefix.length));
  return GROUPS.reduce((best, group) => (length(group) > length(best) ? group : best));
}
