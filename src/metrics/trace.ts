/** A run's recorded series. */
import { ENDINGS, type Ending, type MetricsBlock, SCALARS, type ScalarName, type Spectrum, type TestBlock } from './block.ts';
import { type LayerSeries, type LayerShape, splitLayers } from './layer-series.ts';

const ACTIVE = SCALARS.indexOf('active');
const ENDED = SCALARS.indexOf('ended');
const FIRST_NON_FINITE = SCALARS.indexOf('firstNonFinite');

/** A Float32Array that grows by doubling; `view()` is what has been written. */
export class Series {
  #values = new Float32Array(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float32Array(2 * this.#values.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  at(index: number): number {
    return this.#values[index];
  }

  /** Forgets all but the first `length` values. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  view(): Float32Array {
    return this.#values.subarray(0, this.#length);
  }
}

/** What was measured of the layers in one iteration of one run, input side first; empty for a series that is not measured. */
export type LayerRecord = { readonly iteration: number } & Readonly<Record<LayerSeries, Float32Array>>;

export interface TestRecord {
  readonly iteration: number;
  readonly loss: number;
  readonly accuracy: number;
  /** Of the recurrent weights at this moment; empty in other networks. */
  readonly spectra: readonly Spectrum[];
}

/** Where a run first met a value that is not finite. */
export interface FirstNonFinite {
  readonly iteration: number;
  readonly tensor: string;
}

/** How far a trace had come. */
export interface TraceMark {
  readonly length: number;
  readonly layers: number;
  readonly tests: number;
  readonly firstNonFinite: FirstNonFinite | undefined;
  readonly ended: Ending;
}

export class Trace {
  readonly scalars: Readonly<Record<ScalarName, Series>>;
  readonly layers: LayerRecord[] = [];
  readonly tests: TestRecord[] = [];
  firstNonFinite: FirstNonFinite | undefined;
  /** How the run ended, once it has. */
  ended: Ending = 'training';

  /**
   * @param measured names of the measured tensors, `PlanSummary.measured`
   * @param shape how many layers each series of a record has
   */
  constructor(
    readonly measured: readonly string[],
    readonly shape: LayerShape,
  ) {
    this.scalars = Object.fromEntries(SCALARS.map((name) => [name, new Series()])) as unknown as Record<ScalarName, Series>;
  }

  /** How many layers have a ‖dL/dz‖. */
  get gradientLayers(): number {
    return this.shape.log2Dz;
  }

  /** Iterations recorded. */
  get length(): number {
    return this.scalars.iteration.length;
  }

  /** Appends replica `r` of a block, whose layer records it keeps; records of inactive iterations are left out. */
  append(block: MetricsBlock, r: number): void {
    const width = SCALARS.length;
    for (let k = 0; k < block.iterations; k++) {
      const base = (k * block.replicas + r) * width;
      if (block.scalars[base + ACTIVE] === 0) continue;
      this.ended = ENDINGS[block.scalars[base + ENDED]];
      SCALARS.forEach((name, i) => {
        this.scalars[name].push(block.scalars[base + i]);
      });
      const first = block.scalars[base + FIRST_NON_FINITE];
      if (first > 0 && !this.firstNonFinite) {
        this.firstNonFinite = { iteration: block.scalars[base], tensor: this.measured[first - 1] };
      }
    }
    for (const { iteration, words } of block.layers[r]) this.layers.push({ iteration, ...splitLayers(words, this.shape) });
  }

  mark(): TraceMark {
    const { length, firstNonFinite, ended } = this;
    return { length, layers: this.layers.length, tests: this.tests.length, firstNonFinite, ended };
  }

  /** Goes back to where it was at a mark of its own. */
  rewind({ length, layers, tests, firstNonFinite, ended }: TraceMark): void {
    for (const name of SCALARS) this.scalars[name].truncate(length);
    this.layers.length = layers;
    this.tests.length = tests;
    this.firstNonFinite = firstNonFinite;
    this.ended = ended;
  }

  /** Forgets what came after the first `iterations` iterations: the trace of a run that has gone back. */
  cut(iterations: number): void {
    const { scalars, layers, tests } = this;
    const isBefore = ({ iteration }: { readonly iteration: number }) => iteration < iterations;
    const from = scalars.iteration.view().findIndex((iteration) => iteration >= iterations);
    this.rewind({
      length: from < 0 ? this.length : from,
      layers: layers.filter(isBefore).length,
      // An evaluation that counts so many iterations is one of the weights that they have left.
      tests: tests.filter(({ iteration }) => iteration <= iterations).length,
      firstNonFinite: this.firstNonFinite && isBefore(this.firstNonFinite) ? this.firstNonFinite : undefined,
      ended: from < 0 ? this.ended : 'training',
    });
  }

  /** @param iteration how many it had trained, where it stopped before the others */
  appendTest(block: TestBlock, r: number, iteration = block.iterations[r]): void {
    this.tests.push({ iteration, loss: block.loss[r], accuracy: block.accuracy[r], spectra: block.spectra[r] ?? [] });
  }
}
