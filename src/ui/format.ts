/** Numbers only the page writes; those that verdicts write too stand in `metrics/format.ts`. */
import { formatCount } from '../metrics/format.ts';

const MINUS = '−';

/** A setting as it would be typed, without trailing zeros: 0.01, 1e-5, 4. */
export function formatSetting(x: number): string {
  const size = Math.abs(x);
  if (x === 0 || (size >= 1e-3 && size < 1e6)) return String(Number(x.toPrecision(7)));
  return Number(x.toPrecision(7)).toExponential().replace('e+', 'e');
}

/** Axis label at `log10`: 0.01, 1, 500, 1e+6, 2e−9. */
export function formatTick(log10: number): string {
  if (log10 > -2.8 && log10 < 3.8) return String(Number((10 ** log10).toPrecision(1)));
  const exponent = Math.floor(log10 + 1e-6);
  const mantissa = Math.round(10 ** (log10 - exponent));
  return `${mantissa}e${exponent < 0 ? MINUS : '+'}${Math.abs(exponent)}`;
}

export function formatRate(perSecond: number): string {
  return `${perSecond >= 10 ? formatCount(perSecond) : perSecond.toFixed(1)} it/s`;
}

export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
