/** Every parameter gradient of whole plans against central differences of the loss, in double precision. */
import { type Network, parametersOf } from '../../src/model/network.ts';
import { HYPER, HYPER_WORDS, NO_LABEL } from '../../src/plan/records.ts';
import { DoublePlan } from './double.ts';
import { planOf } from './plans.ts';
import { random } from './run-kernel.ts';

const [R, B] = [2, 3];
const H = 2 ** -14;

/** A plan in double precision with random parameters and one random batch, which it has run. @param prepare what else is written before */
export function loadDouble(network: Network, batchSize = B, prepare: (double: DoublePlan) => void = () => undefined): DoublePlan {
  const double = new DoublePlan(planOf(network, { replicas: R, batchSize }));
  const steps = network.sequence?.steps;
  const rows = steps === undefined ? batchSize : steps * 4 * Math.ceil(batchSize / 4);
  const outputs = network.sequence?.readout === 'every' ? rows : batchSize;
  // The rows of a step are padded to a multiple of 4, and the padding holds no example.
  const hasExample = (row: number) => outputs === batchSize || row % (4 * Math.ceil(batchSize / 4)) < batchSize;
  for (let r = 0; r < R; r++) {
    double.write(network.input, r, random(10 + r, rows * network.inputs));
    double.write(
      'label',
      r,
      Array.from({ length: outputs }, (_, row) => (hasExample(row) ? (row + r) % network.outputs : NO_LABEL)),
    );
    double.write(
      'hyper',
      r,
      Array.from({ length: HYPER_WORDS }, (_, word) => (word === HYPER.branch_scale ? 0.7 + r : 0)),
    );
    if (network.loss === 'mse') double.write('target', r, random(20 + r, outputs * network.outputs));
    parametersOf(network).forEach(({ name, role, rows, columns }, k) => {
      const scale = role === 'weight' ? 1.2 / Math.sqrt(rows) : 0.3;
      double.write(
        name,
        r,
        random(100 * r + k + 30, rows * columns, scale).map((x) => x + Number(role === 'gamma')),
      );
    });
  }
  prepare(double);
  double.run();
  return double;
}

/** Elements whose gradient is not the central difference of the loss, or whose change moves the other replica's loss. */
export function wrongGradients(
  network: Network,
  batchSize = B,
  prepare: (double: DoublePlan) => void = () => undefined,
): string[] {
  const double = loadDouble(network, batchSize, prepare);
  const wrong: string[] = [];
  for (let r = 0; r < R; r++) {
    for (const { name } of parametersOf(network)) {
      const [values, gradient] = [double.read(name, r), double.read(`grad.${name}`, r)];
      const other = double.loss(1 - r);
      const lossAt = (i: number, step: number) => {
        double.write(
          name,
          r,
          values.map((x, k) => (k === i ? x + step : x)),
        );
        double.run();
        return double.loss(r);
      };
      gradient.forEach((g, i) => {
        const [far, near] = [H, H / 2].map((h) => (lossAt(i, h) - lossAt(i, -h)) / (2 * h));
        // Truncation is of order h²: `far` errs four times as much as `near`, by their difference and a third more. Rounding: the
        // loss, below 16, errs by some hundred roundings of 2^-53, divided by h.
        const tolerance = Math.abs(far - near) + (16 * 100 * 2 ** -53) / (H / 2);
        if (Math.abs(g - near) > tolerance || tolerance > 1e-4)
          wrong.push(`d ${name}[${i}] of replica ${r} is ${g}, must be ${near}`);
      });
      if (double.loss(1 - r) !== other) wrong.push(`${name} of replica ${r} changes the loss of replica ${1 - r}`);
      double.write(name, r, values);
      double.run();
    }
  }
  return wrong;
}
