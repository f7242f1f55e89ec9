/** Spectra of recurrent weights, read back from the device where a run is evaluated. */
import type { Session } from '../engine/engine.ts';
import { tensorOf } from '../engine/tensor-io.ts';
import { largestSingularValue, spectralRadius } from '../math/eigen.ts';
import type { Spectrum } from '../metrics/block.ts';
import { GATES, recurrencesOf } from '../model/recurrent-network.ts';
import { columnAt } from '../plan/plan.ts';

/** Units up to which spectra are computed: eigenvalues of a matrix of 256 take a tenth of a second, of 512 a second. */
const MOST_UNITS = 256;

/** Of every gate of every recurrent layer of these replicas, as they are after everything enqueued before; empty for others. */
export async function readSpectra(session: Session, replicas: ReadonlySet<number>): Promise<Spectrum[][]> {
  const { plan } = session;
  const spectra: Spectrum[][] = Array.from({ length: plan.replicas }, () => []);
  const layers = recurrencesOf(plan.groups[0].network).filter(({ hidden }) => hidden <= MOST_UNITS);
  const wanted = [...replicas].flatMap((r) => layers.map((layer) => ({ r, layer })));
  if (wanted.length === 0) return spectra;
  const ranges = wanted.map(({ r, layer }) => {
    const tensor = tensorOf(session, `${layer.name}.weight`);
    return { ...tensor, offset: tensor.offset + r * tensor.replicaStride, words: tensor.replicaStride };
  });
  const read = await session.read(ranges);
  for (const [k, { r, layer }] of wanted.entries()) {
    const { rowStride, columns, blocks = 1 } = ranges[k];
    const weights = new Float32Array(read[k].buffer, read[k].byteOffset, read[k].length);
    const gates = GATES[layer.cell];
    for (const [g, gate] of gates.entries()) {
      const first = columnAt({ columns, blocks }, g * layer.hidden);
      const matrix = squareOf(weights, layer.hidden, first, rowStride);
      spectra[r].push({
        matrix: gates.length === 1 ? layer.output : `${layer.output}.${gate}`,
        radius: spectralRadius(matrix, layer.hidden),
        sigma: largestSingularValue(matrix, layer.hidden, layer.hidden),
      });
    }
  }
  return spectra;
}

/** n × n numbers from column `first` on of rows so far apart. */
function squareOf(values: Float32Array, n: number, first: number, rowStride: number): Float32Array {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) out.set(values.subarray(i * rowStride + first, i * rowStride + first + n), i * n);
  return out;
}
