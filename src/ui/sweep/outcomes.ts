/** What a run can be coloured, plotted and sorted by. */
import { formatCount, formatLog10, formatNumber, formatPercent, LOG10_2 } from '../../metrics/format.ts';
import type { RunResult } from '../../metrics/result.ts';
import { VERDICT_KINDS, type VerdictKind } from '../../metrics/verdict.ts';
import type { RunRecord } from '../../sweep/record.ts';

export interface Outcome {
  readonly id: OutcomeId;
  readonly label: string;
  /** Column head. */
  readonly short: string;
  /** `log` values are log10 of the quantity. */
  readonly scale: 'log' | 'linear' | 'share' | 'verdict';
  /**
   * Position on the scale: NaN where the run has no such number because it broke or never had one, −Infinity for the zero of a
   * log scale.
   */
  readonly value: (record: RunRecord) => number;
  /** A position as text. */
  readonly format: (value: number) => string;
  /** Only runs that broke have one. */
  readonly ofBroken?: boolean;
}

export type OutcomeId =
  | 'verdict'
  | 'loss'
  | 'bestLoss'
  | 'testAccuracy'
  | 'maxNorm'
  | 'lastNorm'
  | 'growth'
  | 'clipShare'
  | 'firstNonFinite';

/** Fields that records of earlier versions lack. */
interface Later {
  readonly bestLoss?: number | null;
  readonly growth?: { readonly factor?: number } | number | null;
}

function later(result: RunResult): Later {
  return result as unknown as Later;
}

function log10(x: number | null | undefined): number {
  return x === null || x === undefined || x === Number.POSITIVE_INFINITY ? Number.NaN : Math.log10(x);
}

function finiteLog(log2: number): number {
  return log2 === Number.POSITIVE_INFINITY ? Number.NaN : log2 * LOG10_2;
}

function growthFactor(result: RunResult): number | undefined {
  const { growth } = later(result);
  if (typeof growth === 'number') return growth;
  return growth?.factor;
}

export const OUTCOMES: readonly Outcome[] = [
  {
    id: 'verdict',
    label: 'Verdict',
    short: 'verdict',
    scale: 'verdict',
    value: ({ result }) => VERDICT_KINDS.indexOf(result.verdict.kind),
    format: (value) => VERDICT_KINDS[value] ?? '',
  },
  {
    id: 'loss',
    label: 'Final loss',
    short: 'loss',
    scale: 'log',
    value: ({ result }) => log10(result.loss),
    format: formatLog10,
  },
  {
    id: 'bestLoss',
    label: 'Best loss',
    short: 'best loss',
    scale: 'log',
    value: ({ result }) => log10(later(result).bestLoss),
    format: formatLog10,
  },
  {
    id: 'testAccuracy',
    label: 'Test accuracy',
    short: 'test acc.',
    scale: 'share',
    value: ({ result }) => result.testAccuracy ?? Number.NaN,
    format: formatPercent,
  },
  {
    id: 'maxNorm',
    label: 'Largest gradient norm',
    short: 'max ‖g‖',
    scale: 'log',
    value: ({ result }) => finiteLog(result.log2GradientNorm.max),
    format: formatLog10,
  },
  {
    id: 'lastNorm',
    label: 'Final gradient norm',
    short: 'final ‖g‖',
    scale: 'log',
    value: ({ result }) => finiteLog(result.log2GradientNorm.last),
    format: formatLog10,
  },
  {
    id: 'growth',
    label: 'Growth factor per layer',
    short: 'growth',
    scale: 'log',
    value: ({ result }) => log10(growthFactor(result)),
    format: (value) => `×${formatNumber(10 ** value)}`,
  },
  {
    id: 'clipShare',
    label: 'Share of iterations clipped',
    short: 'clipped',
    scale: 'share',
    value: ({ result }) => result.clipShare ?? Number.NaN,
    format: formatPercent,
  },
  {
    id: 'firstNonFinite',
    label: 'First non-finite iteration',
    short: 'not finite @',
    scale: 'linear',
    value: ({ result }) => result.firstNonFinite?.iteration ?? Number.NaN,
    format: formatCount,
    ofBroken: true,
  },
];

export function outcomeOf(id: OutcomeId): Outcome {
  return OUTCOMES.find((outcome) => outcome.id === id) ?? OUTCOMES[0];
}

/** Whether a run ended with numbers that are not finite, or with a loss that had run away. */
export function isBroken({ result: { verdict } }: RunRecord): boolean {
  return verdict.kind === 'diverged' || verdict.iteration !== undefined;
}

/** Worst first: the order in which ties between verdicts are decided. */
export const WORST_FIRST: readonly VerdictKind[] = ['diverged', 'exploding', 'vanishing', 'stuck', 'starting', 'healthy'];
