/** What a new axis starts with: values that make sense for the field, as far as the schema tells. */
import { describeFields, type FieldDescription } from '../../model/describe.ts';
import type { AxisDraft, Scale } from './document.ts';

export const FIELD_DOCS: ReadonlyMap<string, FieldDescription> = new Map(describeFields().map((field) => [field.path, field]));

/** Fields that lie with a group whose choices exclude each other: an axis over the whole group takes objects as values. */
export const GROUP_PATHS: readonly string[] = ['task', 'model', 'optimizer', 'clip', 'model.init'];

const RANGES: Readonly<Record<string, readonly [from: number, to: number, count: number, scale: Scale]>> = {
  'optimizer.learningRate': [1e-4, 1, 9, 'log'],
  'optimizer.weightDecay': [1e-5, 0.1, 5, 'log'],
  'model.depth': [2, 64, 6, 'integer_log'],
  'model.width': [8, 128, 5, 'integer_log'],
  'model.blocks': [1, 32, 6, 'integer_log'],
  'model.init.weightVariance': [0.5, 8, 9, 'log'],
  'model.init.gain': [0.25, 4, 9, 'log'],
  'clip.max': [0.1, 10, 5, 'log'],
  'task.inputScale': [0.01, 100, 5, 'log'],
  batchSize: [8, 128, 5, 'integer_log'],
};

export function suggestAxis(path: string): AxisDraft {
  const range = RANGES[path];
  if (range) {
    const [from, to, count, scale] = range;
    return { path, values: [], range: { from, to, count, scale } };
  }
  return { path, values: suggestValues(path), range: undefined };
}

function suggestValues(path: string): readonly unknown[] {
  if (path === 'seed') return [1, 2, 3];
  if (path === 'clip') return [{ rule: 'none' }, { rule: 'torch_norm', max: 1 }];
  const field = FIELD_DOCS.get(path);
  if (!field) return [];
  if (field.valid === 'true or false') return [false, true];
  if (/number/.test(field.valid)) return typeof field.default === 'number' ? [field.default] : [];
  return field.valid.split(', ');
}

/** One line about a field: what it means, what may stand there, and the default. */
export function fieldLine(path: string): string {
  const field = FIELD_DOCS.get(path);
  if (!field) return '';
  const of = field.of.length > 0 ? `; only for ${field.of.join(', ')}` : '';
  const fallback = field.default === undefined ? '' : `; default ${JSON.stringify(field.default)}`;
  return `${field.text} Valid: ${field.valid}${fallback}${of}.`;
}
