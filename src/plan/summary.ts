/** What a page or a report says about a plan; plain data. */
import type { LayerNames } from '../metrics/layer-series.ts';

/** Layers are those of the deepest network; gradients of `z0`…, of a residual stream `x0`…. */
export interface PlanSummary extends LayerNames {
  readonly replicas: number;
  /** Trainable parameters of one replica, padding not counted. */
  readonly parameters: number;
  /** Device memory in bytes, all replicas. */
  readonly bytes: number;
  readonly dispatchesPerIteration: number;
  /** Floating-point operations of one iteration of all replicas' matrix products (2 per multiply-add). */
  readonly flopPerIteration: number;
  /** Every tensor that is searched for non-finite values, in execution order. */
  readonly measured: readonly string[];
}
