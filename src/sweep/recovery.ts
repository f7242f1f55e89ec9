/** What is done about a lost device. */
import type { EngineChoice } from '../engine/report.ts';

/** Chromium gives no adapter for two minutes after a second loss within two minutes, and for longer after a third. */
const COOLING_MS = 120_000;
/** So much longer, to be on the safe side. */
const MARGIN_MS = 5_000;

export interface RecoveryStep {
  readonly message: string;
  readonly waitMs: number;
  readonly engine: Extract<EngineChoice, 'gpu' | 'cpu'>;
}

/**
 * @param lost losses so far, this one included
 * @param sinceLastMs since the loss before
 */
export function planRecovery(lost: number, sinceLastMs: number): RecoveryStep {
  if (lost >= 3) {
    const message = 'It is the third loss: the CPU engine goes on from the last checkpoint.';
    return { message, waitMs: 0, engine: 'cpu' };
  }
  if (lost === 2 && sinceLastMs < COOLING_MS) {
    const seconds = (COOLING_MS + MARGIN_MS) / 1000;
    const message = `It is the second loss within two minutes: training goes on from the last checkpoint in ${seconds} seconds, when browsers give the device back.`;
    return { message, waitMs: COOLING_MS + MARGIN_MS, engine: 'gpu' };
  }
  return { message: 'A new device is opened, and training goes on from the last checkpoint.', waitMs: 0, engine: 'gpu' };
}
