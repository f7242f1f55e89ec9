/** Reads a command's options and positional arguments. */
import { parseArgs } from 'node:util';
import { ENGINE_CHOICES } from '../engine/report.ts';
import { UsageError } from './errors.ts';
import { suggestion } from './nearest.ts';

export interface OptionSpec {
  /** What the value is called in the help; absent for a flag. */
  readonly value?: string;
  readonly repeated?: boolean;
  readonly help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

export interface Arguments {
  readonly positionals: readonly string[];
  flag(name: string): boolean;
  /** The last value given. */
  value(name: string): string | undefined;
  /** Every value given, in order. */
  values(name: string): readonly string[];
}

/** @throws UsageError naming the argument, what is wrong with it and what would be valid */
export function readArguments(command: string, specs: OptionSpecs, args: readonly string[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, { value }]) => [name, { type: value ? ('string' as const) : ('boolean' as const) }]),
  );
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
    if (!spec) {
      const known = Object.keys(specs).map((option) => `--${option}`);
      throw new UsageError(`${command}: unknown option ${rawName}${suggestion(rawName, known)}; valid are ${known.join(', ')}.`);
    }
    if (!spec.value && inlineValue) throw new UsageError(`${command}: ${rawName} takes no value, but "${value}" was given.`);
    if (spec.value && (value === undefined || (!inlineValue && value.startsWith('--')))) {
      throw new UsageError(`${command}: ${rawName} needs a value: ${rawName} ${spec.value}.`);
    }
    if (given.has(name) && spec.value && !spec.repeated) throw new UsageError(`${command}: ${rawName} was given twice.`);
    given.set(name, [...(given.get(name) ?? []), value ?? '']);
  }
  return {
    positionals,
    flag: (name) => given.has(name),
    value: (name) => given.get(name)?.at(-1),
    values: (name) => given.get(name) ?? [],
  };
}

/** @throws UsageError where the value is none of the choices */
export function readChoice<T extends string>(
  command: string,
  args: Arguments,
  name: string,
  choices: readonly T[],
  absent: T,
): T {
  const value = args.value(name);
  if (value === undefined) return absent;
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) {
    throw new UsageError(
      `${command}: --${name} "${value}" is not valid${suggestion(value, choices)}; valid is ${choices.join(' or ')}.`,
    );
  }
  return choice;
}

/** Options that several commands share. */
export const OPTIONS = {
  engine: { value: ENGINE_CHOICES.join('|'), help: 'auto (default): a hardware GPU, else the CPU engine; gpu: any adapter.' },
  set: {
    value: 'path=value',
    repeated: true,
    help: 'Replaces a field of the experiment; repeatable. The value is JSON or a word.',
  },
  json: { help: 'One JSON document on stdout instead of tables.' },
} as const satisfies OptionSpecs;
