/** Histograms that WebGPU records, against the gradients themselves. */
import { describe, test } from 'vitest';
import { expectHistograms, HISTOGRAM_CASES } from '../support/histograms.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

describe('on WebGPU', () => {
  test.each(HISTOGRAM_CASES)('$name', ({ replicas }) => expectHistograms(engines().gpu, replicas));
});
