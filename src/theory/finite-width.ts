/**
 * The exact law of signals in bias-free Gaussian networks of width n: per layer, ln(‖x_{l+1}‖²/‖x_l‖²), and the same of the
 * back-propagated gradient, are independent with these means and variances.
 * ref: the digamma form is that of a χ² variable; asymptotics of Hanin, Nica 2018: ReLU −5/2n and 5/n, linear −1/n and 2/n.
 */
import { digamma, logFactorials, trigamma } from '../math/special.ts';

/** Of ln of a squared norm's factor per layer. */
export interface LayerLaw {
  readonly mean: number;
  readonly variance: number;
}

/** A sum of n squares of N(0, σw²/n): ln has mean ψ(n/2) + ln(2 σw²/n) and variance ψ′(n/2). */
export function linearLaw(n: number, weightVariance: number): LayerLaw {
  return { mean: digamma(n / 2) + Math.log((2 * weightVariance) / n), variance: trigamma(n / 2) };
}

/** As linear with K ~ Binomial(n, 1/2) in place of n units, given that at least one is alive. */
export function reluLaw(n: number, weightVariance: number): LayerLaw {
  const logs = logFactorials(n);
  let [total, mean, square, spread] = [0, 0, 0, 0];
  for (let k = 1; k <= n; k++) {
    const probability = Math.exp(logs[n] - logs[k] - logs[n - k] - n * Math.LN2);
    const psi = digamma(k / 2);
    total += probability;
    mean += probability * psi;
    square += probability * psi * psi;
    spread += probability * trigamma(k / 2);
  }
  mean /= total;
  return { mean: mean + Math.log((2 * weightVariance) / n), variance: square / total - mean * mean + spread / total };
}
