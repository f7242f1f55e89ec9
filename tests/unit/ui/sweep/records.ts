import type { RunResult } from '../../../../src/metrics/result.ts';
import type { VerdictKind } from '../../../../src/metrics/verdict.ts';
import type { RunRecord } from '../../../../src/sweep/record.ts';

/** A finished run: with a loss it is healthy unless said otherwise, with NaN it diverged at iteration 7. */
export function recordOf(id: string, loss: number, kind?: VerdictKind): RunRecord {
  const broken = Number.isNaN(loss);
  const norm = broken ? 100 : 1;
  const result: Partial<RunResult> = {
    ended: 'iterations',
    iterations: 10,
    bestLoss: loss,
    growth: { first: null, latest: null },
    verdict: { kind: kind ?? (broken ? 'diverged' : 'healthy'), title: 'T', evidence: [], ...(broken && { iteration: 7 }) },
    loss,
    accuracy: null,
    testLoss: loss,
    testAccuracy: broken ? Number.NaN : 0.5,
    log2GradientNorm: { first: 0, max: norm, last: broken ? Number.NaN : 0 },
    gradientNorm: { first: 1, max: 2 ** norm, last: 1 },
    clipShare: null,
    firstNonFinite: broken ? { iteration: 7, tensor: 'z0' } : null,
  };
  return { id, result: result as RunResult, engine: { engine: 'cpu', adapter: '' }, iterationsPerSecond: 1 };
}
