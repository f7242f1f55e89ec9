/** From the bytes that the store keeps to a run's trace. */

import { SCALARS } from '../../metrics/block.ts';
import { type LayerRecord, type TestRecord, Trace } from '../../metrics/trace.ts';

/** A trace as JSON, until the store's own form is there. */
interface Written {
  readonly measured: readonly string[];
  readonly gradientLayers: number;
  readonly scalars: Readonly<Record<string, readonly (number | string)[]>>;
  readonly layers: readonly { readonly iteration: number; readonly log2Dz: readonly (number | string)[] }[];
  readonly tests: readonly TestRecord[];
  readonly firstNonFinite?: { readonly iteration: number; readonly tensor: string };
}

/** @throws Error when the bytes are no trace */
export async function readTrace(bytes: Uint8Array): Promise<Trace> {
  const written = JSON.parse(new TextDecoder().decode(bytes)) as Written;
  const trace = new Trace(written.measured, written.gradientLayers);
  for (const name of SCALARS) for (const value of written.scalars[name] ?? []) trace.scalars[name].push(Number(value));
  for (const { iteration, log2Dz } of written.layers) {
    const record: LayerRecord = { iteration, log2Dz: Float32Array.from(log2Dz, Number), log2Dw: new Float32Array(0) };
    trace.layers.push(record);
  }
  trace.tests.push(...written.tests);
  trace.firstNonFinite = written.firstNonFinite;
  return trace;
}
