/** Errors of the command line itself, and what each error means for the exit code. */
import { DeviceLostError, ShaderError } from '../engine/engine.ts';
import { NoGpuError } from '../engine/gpu/context.ts';
import { ConfigError, DataError, LimitError } from '../model/errors.ts';
import { StoreError } from '../sweep/store.ts';

/** The command line cannot be understood, or names something that is not there. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Another process has done the work; this one ends with its exit code. */
export class HandedOver extends Error {
  override readonly name = 'HandedOver';

  constructor(readonly exitCode: number) {
    super(`handed over to another process, which ended with ${exitCode}`);
  }
}

export const EXIT = { done: 0, failed: 1, refused: 2, interrupted: 130 } as const;

/** The user's input or environment: the message alone tells what to do. */
const REFUSED = [UsageError, ConfigError, DataError, LimitError, StoreError, NoGpuError];
/** A run that could not be finished: the message alone tells what happened. */
const FAILED = [DeviceLostError, ShaderError];

/** Prints what went wrong to stderr and returns the exit code; a stack is printed only for an error that is our own. */
export function report(error: unknown): number {
  if (error instanceof HandedOver) return error.exitCode;
  const isA = (classes: readonly (abstract new (...args: never[]) => Error)[]) => classes.some((type) => error instanceof type);
  if (isA(REFUSED)) {
    process.stderr.write(`${(error as Error).message}\n`);
    return EXIT.refused;
  }
  const text = isA(FAILED) || !(error instanceof Error) ? String((error as Error).message ?? error) : error.stack;
  process.stderr.write(`${isA(FAILED) ? 'The run failed: ' : 'Nablascope has a defect; please report it.\n'}${text}\n`);
  return EXIT.failed;
}
