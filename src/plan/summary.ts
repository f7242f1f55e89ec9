/** What a page or a report says about a plan; plain data. */
export interface PlanSummary {
  readonly replicas: number;
  /** Trainable parameters of one replica, padding not counted. */
  readonly parameters: number;
  /** Device memory in bytes, all replicas. */
  readonly bytes: number;
  readonly dispatchesPerIteration: number;
  /** Floating-point operations of one iteration of all replicas' matrix products (2 per multiply-add). */
  readonly flopPerIteration: number;
  /** Names of the tensors whose ‖dL/dz‖ is recorded per layer, input side first: `z0`…; `x0`… for residual streams. */
  readonly gradientLayers: readonly string[];
  /** Names of the weights whose ‖dL/dW‖ is recorded: `l0.weight`…. */
  readonly weightLayers: readonly string[];
  /** Hidden layers whose outputs are measured, by tensor: `h0`…; empty where only gradients are. */
  readonly unitLayers: readonly string[];
  /** Whether activations and gradients are float16. */
  readonly isHalf: boolean;
  /** Every tensor that is searched for non-finite values, in execution order. */
  readonly measured: readonly string[];
}
