/** Special functions of positive real numbers. */

/** From here on eight terms of the asymptotic series are exact to double precision. */
const LARGE = 10;

/** ψ(x) = d ln Γ(x) / dx for x > 0. ref: Abramowitz, Stegun 6.3.5 (recurrence), 6.3.18 (asymptotic series) */
export function digamma(x: number): number {
  let sum = 0;
  let y = x;
  for (; y < LARGE; y++) sum -= 1 / y;
  const u = 1 / (y * y);
  const tail = u * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760 - u / 12))))));
  return sum + Math.log(y) - 0.5 / y - tail;
}

/** ψ′(x) for x > 0. ref: Abramowitz, Stegun 6.4.6 (recurrence), 6.4.12 (asymptotic series) */
export function trigamma(x: number): number {
  let sum = 0;
  let y = x;
  for (; y < LARGE; y++) sum += 1 / (y * y);
  const u = 1 / (y * y);
  const tail = 1 / 6 - u * (1 / 30 - u * (1 / 42 - u * (1 / 30 - u * (5 / 66 - u * (691 / 2730 - (u * 7) / 6)))));
  return sum + 1 / y + 0.5 * u + (u * tail) / y;
}

/** ln n! summed in order. */
export function logFactorials(n: number): Float64Array {
  const out = new Float64Array(n + 1);
  for (let k = 2; k <= n; k++) out[k] = out[k - 1] + Math.log(k);
  return out;
}
