/** `fields`: what an experiment may say. */
import { describeFields, type FieldDescription } from '../model/describe.ts';
import { OPTIONS } from './arguments.ts';
import { EXIT, UsageError } from './errors.ts';
import { toJson } from './json.ts';
import type { Command } from './main.ts';
import { pairs } from './table.ts';

/** `fields --json` prints a list of {path, text, valid, default?, of}. */
export const fields: Command = {
  name: 'fields',
  usage: '[--json]',
  summary: 'Lists every field of an experiment: what it means, what is valid, its default.',
  options: { json: OPTIONS.json },
  async run(args) {
    if (args.positionals.length > 0) throw new UsageError(`fields takes no arguments, but "${args.positionals[0]}" was given.`);
    const described = describeFields();
    process.stdout.write(args.flag('json') ? toJson(described) : pairs(described.map((field) => [field.path, sentence(field)])));
    return EXIT.done;
  },
};

function sentence({ text, valid, default: fallback, of }: FieldDescription): string {
  const without = fallback === undefined ? '' : ` Default: ${String(fallback)}.`;
  const only = of.length > 0 ? ` (${[...new Set(of)].join(', ')})` : '';
  return `${text} Valid: ${valid}.${without}${only}`;
}
