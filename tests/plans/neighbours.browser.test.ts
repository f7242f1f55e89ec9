import { describe, test } from 'vitest';
import { expectIndependence, expectOtherSeedDiffers, NEIGHBOUR_CASES } from '../support/neighbours.ts';
import { useEngines } from '../support/run-kernel.ts';

const engines = useEngines();

describe.each(NEIGHBOUR_CASES)(
  "$name: a replica's trace has the same bits alone and among three others",
  ({ loss, experiment }) => {
    test('on the GPU', () => expectIndependence(engines().gpu, loss, experiment, [2]));
    test('on the CPU', () => expectIndependence(engines().cpu, loss, experiment, [0, 2, 3]));
    test('control: another seed has another trace', () => expectOtherSeedDiffers(engines().cpu, loss, experiment));
  },
);
