/** Initial parameters that have been drawn before: runs of a sweep share seeds, and drawing takes as long as iterations. */
import type { Engine } from '../engine/engine.ts';
import { initialValues } from '../model/initialise.ts';
import { initialCellValues } from '../model/initialise-cell.ts';
import { type Network, parametersOf } from '../model/network.ts';
import type { Experiment } from '../model/schema.ts';

/** Numbers kept at most: 16 MiB. */
const MOST_NUMBERS = 2 ** 22;
/** Parameters kept at most: small ones cost more by themselves than by their numbers. */
const MOST_PARAMETERS = 4096;

/** Drawn values, the latest used last; those that have not been used for longest make room. */
export class InitialValues {
  readonly #drawn = new Map<string, Float32Array>();
  #numbers = 0;

  constructor(readonly most = MOST_NUMBERS) {}

  /** Of each parameter of the network, as `initialValues` draws them. They are shared: read only. */
  of(network: Network, { model, seed }: Pick<Experiment, 'model' | 'seed'>): Float32Array[] {
    const { init } = model;
    const cells = model.kind === 'recurrent' ? model : undefined;
    const start = `${seed} ${JSON.stringify([init, cells?.recurrentInit, cells?.forgetBias])}`;
    return parametersOf(network).map((parameter, index) => {
      const { role, rows, columns, fanIn, endsBranch = false, gates } = parameter;
      // All that `initialValues` looks at.
      const key = `${index} ${role} ${rows} ${columns} ${fanIn} ${endsBranch} ${gates?.cell} ${gates?.of} ${start}`;
      const draw = () =>
        cells && gates ? initialCellValues(parameter, cells, seed, index) : initialValues(parameter, init, seed, index);
      const values = this.#drawn.get(key) ?? draw();
      this.#keep(key, values);
      return values;
    });
  }

  #keep(key: string, values: Float32Array): void {
    if (!this.#drawn.delete(key)) this.#numbers += values.length;
    this.#drawn.set(key, values);
    for (const [oldest, { length }] of this.#drawn) {
      if (this.#numbers <= this.most && this.#drawn.size <= MOST_PARAMETERS) return;
      this.#drawn.delete(oldest);
      this.#numbers -= length;
    }
  }
}

const kept = new WeakMap<Engine, InitialValues>();

/** What has been drawn for an engine, as long as the engine lives. */
export function initialValuesFor(engine: Engine): InitialValues {
  const values = kept.get(engine) ?? new InitialValues();
  kept.set(engine, values);
  return values;
}
