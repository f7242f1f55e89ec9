/** Twin of shaders/probe/unit_probe. */
import { floatBits, referenceExponent } from '../../../math/norm-pair.ts';
import { NORM_WORDS, SHAPE, SHAPE_WORDS, STATUS, STATUS_WORDS } from '../../../plan/records.ts';
import { UNIT_MODE } from '../../../plan/units.ts';
import { presentReplicas } from '../active.ts';
import { exponentOf, powerOfTwo } from '../range.ts';
import { four, type Twins } from '../twin.ts';

const INF_BITS = 0x7f800000;
const SMALLEST_NORMAL = 0x00800000;
/** Of the largest slope of tanh and sigmoid, less than a twentieth is left beyond. */
export const SATURATED = Math.fround(0.975);

/** Where the norms of a replica's hidden layers begin: behind those of its pre-activations, gradients and parameters. */
export function firstUnitNorm(shapes: Uint32Array, r: number): number {
  const s = r * SHAPE_WORDS;
  return shapes[s + SHAPE.norms] + shapes[s + SHAPE.z] + shapes[s + SHAPE.d] + shapes[s + SHAPE.g];
}

/** Replicas whose outputs are recorded in the iteration under way. */
export function recordedReplicas(status: Uint32Array, first: number, count: number, every: number): number[] {
  return presentReplicas(status, first, count).filter((r) => status[r * STATUS_WORDS + STATUS.iteration] % every === 0);
}

export const unitTwins: Twins<'unit_probe'> = {
  unit_probe({ h, norms, status, shapes, range }, constants, [, R, layers]) {
    const { FIRST, B, C, MODE, UNIT, EVERY, H_STRIDE, EXTENDED, H_AT, RANGE_STRIDE } = constants;
    const bits = new Uint32Array(h.buffer, h.byteOffset, h.length);
    for (const r of recordedReplicas(status, FIRST, R, EVERY)) {
      for (let layer = 0; layer < layers; layer++) {
        const base = layer * H_STRIDE + r * four(B) * four(C);
        const exponent = EXTENDED ? exponentOf(range, H_AT + layer * RANGE_STRIDE, r) : 0;
        const factor = powerOfTwo(exponent);
        let m = 0;
        let sum = 0;
        let broken = 0;
        let blocked = 0;
        for (let c = 0; c < C; c++) {
          let isDead = true;
          for (let b = 0; b < B; b++) {
            const at = base + b * four(C) + c;
            const magnitude = bits[at] & 0x7fffffff;
            m = Math.max(m, magnitude);
            if (magnitude >= INF_BITS) broken++;
            if (magnitude !== 0) isDead = false;
            const t = MODE === UNIT_MODE.sigmoid ? Math.fround(2 * h[at] - 1) : h[at] * factor;
            if (MODE > UNIT_MODE.dead && Math.abs(t) > SATURATED) blocked++;
            sum += h[at] * h[at];
          }
          if (MODE === UNIT_MODE.dead && isDead) blocked++;
        }
        const scaled = (sum / (B * C)) * 4 ** (127 - referenceExponent(m));
        const share = MODE === UNIT_MODE.none || m >= INF_BITS ? Number.NaN : blocked / (MODE === UNIT_MODE.dead ? C : B * C);
        const pair = m >= INF_BITS ? [m, broken] : m < SMALLEST_NORMAL ? [0, 0] : [m, floatBits(scaled)];
        norms.set([...pair, exponent, floatBits(share)], NORM_WORDS * (firstUnitNorm(shapes, r) + UNIT + layer));
      }
    }
  },
};
