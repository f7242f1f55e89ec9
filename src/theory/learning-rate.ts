/**
 * The learning rate beyond which an optimizer diverges on a quadratic loss whose largest Hessian eigenvalue is λ.
 * ref: Goh 2017, "Why momentum really works"; Cohen, Kaur, Li, Kolter, Talwalkar 2021, "Gradient descent on neural networks
 * typically occurs at the edge of stability", appendix B
 */

/** Gradient descent, with weight decay d added to the gradient: 2/(λ + d). */
export function criticalRate(lambda: number, weightDecay = 0): number {
  return 2 / (lambda + weightDecay);
}

/** Heavy ball: (2 + 2β)/λ; with a dampening of β (an exponential mean of gradients) 1/(1 − β) times that. */
export function criticalMomentumRate(lambda: number, beta: number, dampening = 0): number {
  return (2 + 2 * beta) / ((1 - dampening) * lambda);
}

/** Nesterov momentum: (2 + 2β)/((1 + 2β) λ). */
export function criticalNesterovRate(lambda: number, beta: number): number {
  return (2 + 2 * beta) / ((1 + 2 * beta) * lambda);
}

/**
 * Adam once its second moments stand still: with P = diag(√v̂ + ε), λ of P⁻¹H must stay below (2 + 2β₁)/((1 − β₁) rate), which is
 * 38/rate for β₁ = 0.9. ref: Cohen et al. 2022, "Adaptive gradient methods at the edge of stability", section 3
 *
 * @param lambda largest eigenvalue of P⁻¹H
 */
export function criticalAdamRate(lambda: number, beta1: number): number {
  return criticalMomentumRate(lambda, beta1, beta1);
}

/**
 * A chain of L scalar weights with the squared error (Π w − s)²/2 at its balanced minimum: λ = L s^(2−2/L), so that gradient
 * descent needs a rate below 2/λ; 2/L for s = 1.
 */
export function chainCurvature(depth: number, target: number): number {
  return depth * target ** (2 - 2 / depth);
}
