/** How the outcomes of runs are shown: where they lie on a scale, and how they read. */
import { outcomeOf as measuredOutcome } from '../../metrics/aggregate.ts';
import { formatCount, formatLog10, formatNumber, formatPercent, LOG10_2 } from '../../metrics/format.ts';
import { VERDICT_KINDS } from '../../metrics/verdict.ts';
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
  | 'testLoss'
  | 'testAccuracy'
  | 'maxNorm'
  | 'lastNorm'
  | 'growth'
  | 'clipShare'
  | 'firstNonFinite';

/** From a measured number to a position: logarithms lose their infinity above, since no axis shows it. */
const POSITIONS = {
  log10: (x: number) => (x === Number.POSITIVE_INFINITY ? Number.NaN : Math.log10(x)),
  log2: (x: number) => (x === Number.POSITIVE_INFINITY ? Number.NaN : x * LOG10_2),
  as_is: (x: number) => x,
} as const;

/** @param key of the outcome among the measured ones (metrics/aggregate.ts) */
function shown(
  key: string,
  position: keyof typeof POSITIONS,
  rest: Omit<Outcome, 'value' | 'id'> & { readonly id: OutcomeId },
): Outcome {
  const { of } = measuredOutcome(key);
  return {
    ...rest,
    value: (record) => {
      const x = of(record);
      return x === null ? Number.NaN : POSITIONS[position](x);
    },
  };
}

export const OUTCOMES: readonly Outcome[] = [
  shown('verdict', 'as_is', {
    id: 'verdict',
    label: 'Verdict',
    short: 'verdict',
    scale: 'verdict',
    format: (value) => VERDICT_KINDS[value] ?? '',
  }),
  shown('loss', 'log10', { id: 'loss', label: 'Final loss', short: 'loss', scale: 'log', format: formatLog10 }),
  shown('bestLoss', 'log10', { id: 'bestLoss', label: 'Best loss', short: 'best loss', scale: 'log', format: formatLog10 }),
  shown('testLoss', 'log10', { id: 'testLoss', label: 'Held-out loss', short: 'test loss', scale: 'log', format: formatLog10 }),
  shown('testAccuracy', 'as_is', {
    id: 'testAccuracy',
    label: 'Held-out accuracy',
    short: 'test acc.',
    scale: 'share',
    format: formatPercent,
  }),
  shown('maxLog2Norm', 'log2', {
    id: 'maxNorm',
    label: 'Largest gradient norm',
    short: 'max ‖g‖',
    scale: 'log',
    format: formatLog10,
  }),
  shown('lastLog2Norm', 'log2', {
    id: 'lastNorm',
    label: 'Final gradient norm',
    short: 'final ‖g‖',
    scale: 'log',
    format: formatLog10,
  }),
  shown('growth', 'log10', {
    id: 'growth',
    label: 'Growth factor per layer',
    short: 'growth',
    scale: 'log',
    format: (value) => `×${formatNumber(10 ** value)}`,
  }),
  shown('clipShare', 'as_is', {
    id: 'clipShare',
    label: 'Share of iterations clipped',
    short: 'clipped',
    scale: 'share',
    format: formatPercent,
  }),
  shown('firstNonFinite', 'as_is', {
    id: 'firstNonFinite',
    label: 'First non-finite iteration',
    short: 'not finite @',
    scale: 'linear',
    format: formatCount,
    ofBroken: true,
  }),
];

export function outcomeOf(id: OutcomeId): Outcome {
  return OUTCOMES.find((outcome) => outcome.id === id) ?? OUTCOMES[0];
}
