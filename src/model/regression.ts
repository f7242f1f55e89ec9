/** Which tasks have targets and no classes; apart from the schema, which not every layer may load. */
import type { Task } from './schema.ts';

export function isRegressionTask({ name }: Task): boolean {
  return name === 'teacher' || name === 'adding';
}
