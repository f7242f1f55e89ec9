/** The WebGPU engine. */
import type { Plan } from '../../plan/plan.ts';
import type { Engine, Session } from '../engine.ts';
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

  load(plan: Plan): Promise<Session> {
    return GpuSession.create(this.context, this.#pipelines, plan);
  }

  destroy(): void {
    this.context.destroy();
  }
}
