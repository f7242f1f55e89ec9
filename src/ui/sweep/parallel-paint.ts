/**
 * Draws tens of thousands of lines as the density of what they cover: every run counts into the pixels of its line, a few at a time,
 * and pixels become colours when all have counted. No run is left out, none hides another, and no frame waits for the rest.
 */
import type { Dimension } from './parallel-data.ts';
import { viridis } from './viridis.ts';

/** Milliseconds of a frame that counting may take. */
const BUDGET_MS = 9;
/** Runs between two looks at the clock. */
const AT_ONCE = 48;

export interface Lines {
  /** Changes with everything that moves a line: a new value begins anew, else only further runs are counted. */
  readonly key: string;
  readonly width: number;
  readonly height: number;
  /** Pixel column of each dimension. */
  readonly xs: readonly number[];
  readonly dimensions: readonly Dimension[];
  /** Pixel row of a height; runs of the band are spread over it by their point. */
  row(height: number, point: number): number;
  readonly points: readonly number[];
  /** Place of each point on the colour scale. */
  readonly colours: Float32Array;
  readonly diverged: Float64Array;
  /** Points that are in colour; the others are a grey ground. */
  readonly mask: Uint8Array | undefined;
}

export interface Inks {
  readonly ground: readonly [number, number, number];
  readonly broken: readonly [number, number, number];
  readonly flip: boolean;
}

export class LinePainter {
  readonly #ready: (image: ImageData) => void;
  #lines: Lines | undefined;
  #inks: Inks | undefined;
  #frame = 0;
  #next = 0;
  #counted = new Uint8Array();
  /** By pixel: lines of the ground; finite lines in colour, the sum of their places, lines of runs that diverged. */
  #ground = new Float32Array();
  #finite = new Float32Array();
  #places = new Float32Array();
  #broken = new Float32Array();

  /** @param ready called when all runs have been counted */
  constructor(ready: (image: ImageData) => void) {
    this.#ready = ready;
  }

  show(lines: Lines, inks: Inks): void {
    const isShown = this.#lines?.key === lines.key && this.#next === lines.points.length;
    if (isShown && JSON.stringify(this.#inks) === JSON.stringify(inks)) return;
    if (this.#lines?.key !== lines.key) {
      const pixels = lines.width * lines.height;
      for (const layer of [this.#ground, this.#finite, this.#places, this.#broken]) layer.fill(0);
      if (this.#ground.length !== pixels) {
        this.#ground = new Float32Array(pixels);
        this.#finite = new Float32Array(pixels);
        this.#places = new Float32Array(pixels);
        this.#broken = new Float32Array(pixels);
      }
      this.#counted = new Uint8Array(lines.colours.length);
      this.#next = 0;
    }
    this.#lines = lines;
    this.#inks = inks;
    this.#frame ||= requestAnimationFrame(this.#step);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#lines = undefined;
  }

  readonly #step = (): void => {
    this.#frame = 0;
    const { points } = this.#lines ?? {};
    if (!points) return;
    const until = performance.now() + BUDGET_MS;
    while (this.#next < points.length && performance.now() < until) {
      const end = Math.min(points.length, this.#next + AT_ONCE);
      for (; this.#next < end; this.#next++) this.#count(points[this.#next]);
    }
    if (this.#next < points.length) this.#frame = requestAnimationFrame(this.#step);
    else this.#ready(this.#compose());
  };

  #count(point: number): void {
    const { dimensions, xs, row, width, colours, diverged, mask } = this.#lines as Lines;
    if (this.#counted[point] === 1) return;
    this.#counted[point] = 1;
    const layer = mask && mask[point] === 0 ? this.#ground : diverged[point] === 1 ? this.#broken : this.#finite;
    const places = layer === this.#finite ? this.#places : undefined;
    const colour = colours[point];
    for (let k = 1; k < dimensions.length; k++) {
      const [from, to] = [dimensions[k - 1].heights[point], dimensions[k].heights[point]];
      if (Number.isNaN(from) || Number.isNaN(to)) continue;
      const [x, end] = [xs[k - 1], xs[k]];
      const slope = (row(to, point) - row(from, point)) / (end - x);
      let y = row(from, point);
      for (let column = x; column < end; column++) {
        const after = y + slope;
        const low = Math.round(slope < 0 ? after : y);
        // A steep line covers several rows of a column.
        const high = Math.max(low + 1, Math.round(slope < 0 ? y : after));
        for (let r = low; r < high; r++) {
          const pixel = r * width + column;
          layer[pixel]++;
          if (places) places[pixel] += colour;
        }
        y = after;
      }
    }
  }

  #compose(): ImageData {
    const { width, height, points } = this.#lines as Lines;
    const { ground, broken, flip } = this.#inks as Inks;
    const image = new ImageData(width, height);
    const { data } = image;
    const ramp = Array.from({ length: 256 }, (_, k) => viridis(flip ? 1 - k / 255 : k / 255));
    // One line among many is still to be seen, and many do not all become one blot.
    const strength = Math.max(0.16, Math.min(0.9, 30 / Math.sqrt(points.length + 1) / 4));
    const powers = (base: number) => Float32Array.from({ length: 256 }, (_, k) => base ** k);
    const [through, throughGround] = [powers(1 - strength), powers(1 - strength / 3)];
    for (let pixel = 0; pixel < width * height; pixel++) {
      const [behind, finite, lost] = [this.#ground[pixel], this.#finite[pixel], this.#broken[pixel]];
      const front = finite + lost;
      if (behind + front === 0) continue;
      const over = 1 - through[Math.min(255, front)];
      const under = (1 - throughGround[Math.min(255, behind)]) * 0.5 * (1 - over);
      const alpha = over + under;
      const own = finite > 0 ? ramp[Math.round((255 * this.#places[pixel]) / finite)] : broken;
      for (let c = 0; c < 3; c++) {
        const ink = front === 0 ? 0 : (finite * own[c] + lost * broken[c]) / front;
        data[4 * pixel + c] = (over * ink + under * ground[c]) / alpha;
      }
      data[4 * pixel + 3] = 255 * alpha;
    }
    return image;
  }
}
