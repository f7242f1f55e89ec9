/** `audit`: holds the engines to what PyTorch computed. */
import { dirname, join } from 'node:path';
import pc from 'picocolors';
import { type Audit, auditCase } from '../audit/audit.ts';
import { type Case, parseCase, readCase } from '../audit/case.ts';
import type { Engine } from '../engine/engine.ts';
import { RANGES } from '../model/schema.ts';
import { OPTIONS, readChoice } from './arguments.ts';
import { engineDocument } from './engine-line.ts';
import { EXIT, UsageError } from './errors.ts';
import { readBytes, readJson } from './files.ts';
import { toJson } from './json.ts';
import type { Command } from './main.ts';
import { openNodeEngine } from './node-engine.ts';
import { table } from './table.ts';

const ENGINES = ['gpu', 'cpu', 'both'] as const;

/**
 * `audit --json` prints {passed, engines: [{engine, why, adapter?}], audits: [{name, file, engine, range, passed, quantities:
 * [{quantity, measure: "relative" | "absolute", worst, tolerance, where, compared, passed}]}]}.
 */
export const audit: Command = {
  name: 'audit',
  usage: 'CASE.json ... [options]',
  summary: 'Compares loss, gradients, norms, clipping and updates with what PyTorch computed.',
  options: {
    engine: { value: ENGINES.join('|'), help: 'cpu (default), gpu (any adapter), or both.' },
    range: { value: RANGES.join('|'), help: 'Range of the signals: ieee (default) or extended.' },
    json: OPTIONS.json,
  },
  notes:
    'Ends with 1 where a number is out of tolerance, with 2 for a case that cannot be represented.\nExample: audit tests/golden/cases/mlp_*.json --engine both',
  async run(args) {
    const choice = readChoice('audit', args, 'engine', ENGINES, 'cpu');
    const range = readChoice('audit', args, 'range', RANGES, 'ieee');
    if (args.positionals.length === 0) throw new UsageError('audit needs at least one case file; see audit --help.');
    const cases = args.positionals.map((file) => ({ file, ...loadCase(file) }));
    const engines: Engine[] = [];
    try {
      for (const name of choice === 'both' ? (['cpu', 'gpu'] as const) : [choice]) engines.push(await openNodeEngine(name));
      const audits: AuditOfFile[] = [];
      for (const { file, tensorFile, given } of cases) {
        for (const engine of engines) audits.push({ file, ...(await auditCase(engine, given, tensorFile, range)) });
      }
      const passed = audits.every((one) => one.passed);
      const reports = engines.map(({ report }) => engineDocument(report));
      process.stdout.write(args.flag('json') ? toJson({ passed, engines: reports, audits }) : describe(audits));
      return passed ? EXIT.done : EXIT.failed;
    } finally {
      for (const engine of engines) engine.destroy();
    }
  },
};

type AuditOfFile = Audit & { readonly file: string };

function loadCase(file: string): { given: Case; tensorFile: string } {
  const document = parseCase(readJson(file), file);
  const tensorFile = join(dirname(file), document.tensors);
  return { given: readCase(document, readBytes(tensorFile), tensorFile), tensorFile };
}

const number = (x: number) => (x === 0 ? '0' : x.toExponential(1));
const mark = (passed: boolean) => (passed ? pc.green('pass') : pc.red('FAIL'));

function describe(audits: readonly AuditOfFile[]): string {
  const details = audits.map(({ name, engine, quantities }) => {
    const rows = quantities.map(({ quantity, measure, worst, tolerance, where, compared, passed }) => [
      quantity,
      String(compared),
      number(worst),
      `${number(tolerance)} ${measure}`,
      where,
      mark(passed),
    ]);
    return `${pc.bold(`${name} on ${engine}`)}\n${table(['quantity', 'n', 'worst', 'tolerance', 'where', ''], rows, 'lrrlll')}`;
  });
  const rows = audits.map(({ name, engine, quantities, passed }) => {
    // The quantity that uses up most of its tolerance.
    const [closest] = [...quantities].sort((a, b) => share(b) - share(a));
    return [name, engine, `${(100 * share(closest)).toFixed(0)} %`, `${closest.quantity}, ${closest.where}`, mark(passed)];
  });
  return `${details.join('\n')}\n${table(['case', 'engine', 'of tolerance', 'closest', ''], rows, 'llrll')}`;
}

const share = ({ worst, tolerance }: { worst: number; tolerance: number }) =>
  Number.isNaN(worst) ? Number.POSITIVE_INFINITY : worst / tolerance;
