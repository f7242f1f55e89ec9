/** The WebGPU engine. */
import { LimitError } from '../../model/errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { type Engine, type Session, ShaderError } from '../engine.ts';
import type { AdapterReport } from '../report.ts';
import type { GpuContext } from './context.ts';
import { Pipelines } from './pipelines.ts';
import { GpuSession } from './session.ts';

export class GpuEngine implements Engine {
  readonly #pipelines: Pipelines;

  constructor(
    readonly context: GpuContext,
    readonly report: AdapterReport,
  ) {
    this.#pipelines = new Pipelines(context.device);
  }

  get limits() {
    return this.context.limits;
  }

  async load(plan: Plan): Promise<Session> {
    try {
      return await GpuSession.create(this.context, this.#pipelines, plan);
    } catch (error) {
      // Limits and shaders speak for themselves; anything else may come of a device that is going.
      throw error instanceof LimitError || error instanceof ShaderError ? error : await this.context.explain(error);
    }
  }

  destroy(): void {
    this.context.destroy();
  }
}
