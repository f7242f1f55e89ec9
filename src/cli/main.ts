/** Finds the command, runs it and turns what it throws into an exit code. */
import { version } from '../../package.json';
import { type Arguments, type OptionSpecs, readArguments } from './arguments.ts';
import { audit } from './audit.ts';
import { EXIT, report, UsageError } from './errors.ts';
import { exportRuns } from './export.ts';
import { fields } from './fields.ts';
import { info } from './info.ts';
import { handleInterrupt } from './interrupt.ts';
import { merge } from './merge.ts';
import { suggestion } from './nearest.ts';
import { destroyEngines } from './node-engine.ts';
import { report as reportCommand } from './report.ts';
import { sweep } from './sweep.ts';
import { train } from './train.ts';

export interface Command {
  readonly name: string;
  /** Positional arguments as the help shows them. */
  readonly usage: string;
  readonly summary: string;
  readonly options: OptionSpecs;
  /** Further paragraphs of the help. */
  readonly notes?: string;
  /** Returns the exit code; throws what `report` understands. */
  run(args: Arguments): Promise<number>;
}

const COMMANDS: readonly Command[] = [train, sweep, merge, exportRuns, reportCommand, audit, fields, info];
const CALL = 'npm run -s cli --';

const NAMES = [...COMMANDS.map(({ name }) => name), 'bench', 'help'];

/** @returns the exit code: 0, 1 for a mismatch or a failed run, 2 for input or an environment that cannot be used, 130 for Ctrl+C */
export async function main(argv: readonly string[]): Promise<number> {
  ignoreClosedPipes();
  for (const [signal, code] of [
    ['SIGINT', EXIT.interrupted],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.on(signal, () => {
      if (handleInterrupt()) return;
      process.stderr.write('\nInterrupted.\n');
      destroyEngines();
      process.exit(code);
    });
  }
  try {
    return await dispatch(argv);
  } catch (error) {
    return report(error);
  }
}

async function dispatch([first, ...rest]: readonly string[]): Promise<number> {
  if (first === '--version' || first === '-V') return print(`${version}\n`);
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    if (rest[0] === 'bench') return bench(['--help']);
    const command = rest[0] === undefined ? undefined : find(rest[0]);
    print(command ? helpOf(command) : help());
    return first === undefined ? EXIT.refused : EXIT.done;
  }
  if (first === 'bench') return bench(rest);
  const command = find(first);
  if (rest.some((arg) => arg === '--help' || arg === '-h')) return print(helpOf(command));
  return command.run(readArguments(command.name, command.options, rest));
}

/** Reads its own arguments. */
async function bench(args: string[]): Promise<number> {
  const { runBench } = await import('../bench/command.ts');
  return runBench(args);
}

function find(name: string): Command {
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command) return command;
  throw new UsageError(`Unknown command "${name}"${suggestion(name, NAMES)}; valid are ${NAMES.join(', ')}.`);
}

function help(): string {
  const lines = [...COMMANDS.map(({ name, summary }) => [name, summary]), ['bench', 'Measures speed: bench --help.']];
  return [
    'Nablascope trains deep networks on WebGPU or the CPU and reports every gradient norm.',
    '',
    `Usage: ${CALL} COMMAND [options]`,
    '',
    ...lines.map(([name, summary]) => `  ${name.padEnd(8)}${summary}`),
    '',
    `  ${CALL} COMMAND --help    what a command takes`,
    `  ${CALL} --version`,
    '',
  ].join('\n');
}

function helpOf({ name, usage, summary, options, notes }: Command): string {
  const rows = Object.entries(options).map(([option, { value, help: text }]) => [`--${option}${value ? ` ${value}` : ''}`, text]);
  const wide = Math.max(...rows.map(([left]) => left.length));
  return [
    summary,
    '',
    `Usage: ${CALL} ${name} ${usage}`,
    '',
    ...rows.map(([left, text]) => `  ${left.padEnd(wide)}  ${text}`),
    ...(notes ? ['', notes] : []),
    '',
  ].join('\n');
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.done;
}

/** A reader such as `head` may close the pipe early: what is left to print is dropped, the work and the exit code stay. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}
