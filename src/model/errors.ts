/** One thing that is wrong with a user's input: where it stands, what is wrong, what would be valid. */
export interface Problem {
  /** Dotted path of the field, `''` for the document itself. */
  readonly path: string;
  readonly problem: string;
}

/** The user's input cannot be used. The message names every field, its value and what would be valid. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly Problem[];

  /** @param subject what was read, for example a file name or `experiment` */
  constructor(subject: string, problems: readonly Problem[]) {
    super(problems.map(({ path, problem }) => `${subject}${path ? `, ${path}` : ''}: ${problem}`).join('\n'));
    this.problems = problems;
  }
}

/** The work needs more of a resource than the machine offers. */
export class LimitError extends Error {
  override readonly name = 'LimitError';

  constructor(
    readonly limit: string,
    readonly needed: number,
    readonly have: number,
    readonly remedy: string,
  ) {
    super(`${limit}: ${needed.toLocaleString('en')} needed, ${have.toLocaleString('en')} available; ${remedy}`);
  }
}

/** A data file is missing, truncated or not what its name says. */
export class DataError extends Error {
  override readonly name = 'DataError';

  constructor(
    readonly file: string,
    problem: string,
  ) {
    super(`${file}: ${problem}`);
  }
}
