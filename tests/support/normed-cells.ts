/** One step of a recurrent layer with layer norm by its formulas, every number with its bound (`bounded.ts`). */
import { type Bounded, curved, dot, exact, inverseRoot, negative, over, plus, product, sloped, times } from './bounded.ts';
import { type CellShape, cachedOf, gatesOf, rowsOf, type WalkedStep } from './cells.ts';

/** Blocks of H that a row of `norm` has: x̂ and du of each gate, 1/deviation, of the GRU h of the step before. */
export const normBlocksOf = ({ cell }: Pick<CellShape, 'cell'>) => 2 * gatesOf(cell) + (cell === 'gru' ? 2 : 1);

/** In logical order, as in `cells.ts`; norm (R, T B4, BLOCKS, H4), its padding included; gamma and beta (R, G, H). */
export interface NormedInputs {
  readonly a: Float32Array;
  readonly W: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly h_prev: Float32Array;
  readonly cache: Float32Array;
  readonly norm: Float32Array;
  readonly dh: Float32Array;
  readonly da: Float32Array;
  readonly second: Float32Array;
}

const mean = (list: readonly Bounded[]) => over(plus(...list), list.length);
const each = <T>(H: number, of: (j: number) => T): T[] => Array.from({ length: H }, (_, j) => of(j));

/** Rows of the step of replicas that walk it. */
function rowsIn({ R, B, T }: CellShape, { t, walk, length }: WalkedStep) {
  return each(R * rowsOf(B), (n) => ({ r: Math.floor(n / rowsOf(B)), b: n % rowsOf(B) }))
    .filter(({ r }) => t < walk[r])
    .map(({ r, b }) => ({
      r,
      row: (r * T + t) * rowsOf(B) + b,
      next: (r * T + t + 1) * rowsOf(B) + b,
      isWalked: t < length(r, b),
    }));
}

/** h and the gates of every row that is walked, by row: each of H numbers. */
export function normedForward(
  shape: CellShape,
  step: WalkedStep,
  { a, W, gamma, beta, h_prev, cache }: NormedInputs,
  epsilon: number,
) {
  const { cell, activation, H } = shape;
  const [G, C] = [gatesOf(cell), cachedOf(cell)];
  return rowsIn(shape, step)
    .filter(({ isWalked }) => isWalked)
    .map(({ r, row }) => {
      /** h′ W of a gate, and a where it stands inside. */
      const sums = (g: number, ...inputs: readonly number[]) =>
        each(H, (j) =>
          dot(
            H,
            (k) => h_prev[row * H + k],
            (k) => W[((r * H + k) * G + g) * H + j],
            ...inputs.map((factor) => factor * a[(row * G + g) * H + j]),
          ),
        );
      const normed = (g: number, s: readonly Bounded[]) => {
        const centre = negative(mean(s));
        const d = s.map((x) => plus(x, centre));
        const rstd = inverseRoot(plus(mean(d.map((x) => times(x, x))), exact(epsilon)));
        const hat = d.map((x) => times(x, rstd));
        const z = hat.map((x, j) => plus(times(exact(gamma[(r * G + g) * H + j]), x), exact(beta[(r * G + g) * H + j])));
        return { hat, rstd, z };
      };
      const gates = each(G, (g) => (cell === 'gru' && g === 2 ? undefined : normed(g, sums(g, 1))));
      if (cell === 'gru') {
        const q = sums(2);
        const reset = gates[0]?.z ?? [];
        const s = q.map((x, j) => plus(exact(a[(row * G + 2) * H + j]), times(curved('sigmoid', reset[j]), x)));
        gates[2] = normed(2, s);
      }
      const all = gates.filter((gate) => gate !== undefined);
      const h = each(H, (j) => {
        const [first, second, third, fourth] = all.map(({ z }) => z[j]);
        if (cell === 'rnn') return curved(activation, first);
        if (cell === 'gru') {
          const fresh = times(curved('sigmoid', negative(second)), curved('tanh', third));
          return plus(fresh, times(curved('sigmoid', second), exact(h_prev[row * H + j])));
        }
        const before = exact(cache[(row * C + 4) * H + j]);
        const c = plus(times(curved('sigmoid', second), before), times(curved('sigmoid', first), curved('tanh', third)));
        return times(curved('sigmoid', fourth), curved('tanh', c));
      });
      return { row, gates: all, h };
    });
}

/** dh, da, of the GRU dhh, and du of every row that is walked, by row. */
export function normedBackward(shape: CellShape, step: WalkedStep, inputs: NormedInputs, truncation: number) {
  const { cell, activation, H } = shape;
  const { W, gamma, cache, norm, dh, da, second } = inputs;
  const [G, C, N, H4] = [gatesOf(cell), cachedOf(cell), normBlocksOf(shape), rowsOf(H)];
  const dhh = cell === 'gru' ? second : da;
  return rowsIn(shape, step)
    .filter(({ isWalked }) => isWalked)
    .map(({ r, row, next }) => {
      const toEnd = step.own[r] - 1 - step.t;
      const isLinked = toEnd > 0 && (truncation === 0 || toEnd % truncation !== 0);
      const cached = (block: number, j: number, at = row) => exact(cache[(at * C + block) * H + j]);
      const d = each(H, (j) => {
        const own = dh[row * H + j];
        if (!isLinked) return exact(own);
        const back = dot(
          G * H,
          (n) => dhh[next * G * H + n],
          (n) => W[(r * H + j) * G * H + n],
          own,
        );
        return cell === 'gru' ? plus(back, times(exact(dh[next * H + j]), curved('sigmoid', cached(1, j, next)))) : back;
      });
      const du: Bounded[][] = each(G, () => []);
      d.forEach((x, j) => {
        const z = (block: number) => cached(block, j);
        if (cell === 'rnn')
          du[0].push(activation === 'relu' ? (z(0).value > 0 ? x : exact(0)) : times(x, sloped(activation, z(0))));
        else if (cell === 'gru') {
          const before = exact(norm[(row * N + 2 * G + 1) * H4 + j]);
          du[1].push(product(x, plus(before, negative(curved('tanh', z(2)))), sloped('sigmoid', z(1))));
          du[2].push(product(x, curved('sigmoid', negative(z(1))), sloped('tanh', z(2))));
        } else {
          const [i, f, g, o, before] = [0, 1, 2, 3, 4].map(z);
          const c = plus(times(curved('sigmoid', f), before), times(curved('sigmoid', i), curved('tanh', g)));
          const ownPart = product(x, curved('sigmoid', o), sloped('tanh', c));
          const handed = times(exact(second[next * H + j] ?? 0), curved('sigmoid', cached(1, j, next)));
          const dc = isLinked ? plus(ownPart, handed) : ownPart;
          du[0].push(product(dc, curved('tanh', g), sloped('sigmoid', i)));
          du[1].push(product(dc, before, sloped('sigmoid', f)));
          du[2].push(product(dc, curved('sigmoid', i), sloped('tanh', g)));
          du[3].push(product(x, curved('tanh', c), sloped('sigmoid', o)));
        }
      });
      const ds = (g: number): Bounded[] => {
        const hat = (j: number) => exact(norm[(row * N + g) * H4 + j]);
        const scaled = du[g].map((x, j) => times(exact(gamma[(r * G + g) * H + j]), x));
        const [centre, along] = [mean(scaled), mean(scaled.map((x, j) => times(x, hat(j))))];
        const rstd = exact(norm[(row * N + 2 * G) * H4 + g]);
        return scaled.map((x, j) => times(rstd, plus(x, negative(centre), negative(times(hat(j), along)))));
      };
      const all: Bounded[][] = each(G, () => []);
      let inner: Bounded[] = [];
      if (cell === 'gru') {
        all[2] = ds(2);
        inner = all[2].map((x, j) => times(x, curved('sigmoid', cached(0, j))));
        du[0] = all[2].map((x, j) => product(x, cached(3, j), sloped('sigmoid', cached(0, j))));
      }
      for (let g = 0; g < G; g++) if (all[g].length === 0) all[g] = ds(g);
      return { row, d, du, ds: all, dhh: cell === 'gru' ? [all[0], all[1], inner] : [] };
    });
}
