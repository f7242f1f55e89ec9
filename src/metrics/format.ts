/** Numbers as text: a true minus sign, scientific notation where they span decades, NaN and ∞ as such. */

export const LOG10_2 = Math.log10(2);
const MINUS = '−';

/** Three significant digits; scientific below 1e-3 and from 1e5 on. */
export function formatNumber(x: number): string {
  if (!Number.isFinite(x)) return nonFiniteName(x);
  if (x === 0) return '0';
  const size = Math.abs(x);
  const sign = x < 0 ? MINUS : '';
  if (size < 1e-3 || size >= 99_999.5) return sign + size.toExponential(2).replace('-', MINUS);
  return sign + (size >= 999.5 ? Math.round(size).toLocaleString('en') : size.toPrecision(3));
}

/** The number whose log10 is given; it may lie far beyond what a double can hold. */
export function formatLog10(log10: number): string {
  if (log10 === -Infinity) return '0';
  if (!Number.isFinite(log10)) return nonFiniteName(log10);
  if (log10 >= -3 && log10 < 4.9) return formatNumber(10 ** log10);
  // Rounding first keeps a mantissa of 9.999 from reading 10.00e+5.
  const rounded = Math.floor(log10 + Math.log10(1 + 5e-4));
  const mantissa = Math.max(1, 10 ** (log10 - rounded)).toFixed(2);
  return `${mantissa}e${rounded < 0 ? MINUS : '+'}${Math.abs(rounded)}`;
}

/** The number whose log2 is given: a norm as the device reports it. */
export function formatLog2(log2: number): string {
  return formatLog10(log2 * LOG10_2);
}

export function nonFiniteName(x: number): string {
  if (Number.isNaN(x)) return 'NaN';
  return x > 0 ? '∞' : `${MINUS}∞`;
}

const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function formatCount(n: number): string {
  return COUNT.format(Math.round(n));
}

/** `1 run`, `1,782 runs`. */
export const formatRuns = (n: number): string => formatCounted(n, 'run');

/** `1 row`, `1,782 rows`. */
export function formatCounted(n: number, noun: string): string {
  return `${formatCount(n)} ${n === 1 ? noun : `${noun}s`}`;
}

export function formatPercent(share: number): string {
  return Number.isNaN(share) ? 'none' : `${(100 * share).toFixed(1)} %`;
}

/** `×1.410 ± 0.004`: as many decimals as the error has digits in front of its first, two to four. */
export function formatFactor(factor: number, standardError: number): string {
  if (factor >= 1000 || factor < 0.01) return `×${formatNumber(factor)} ± ${formatNumber(standardError)}`;
  const decimals = Math.min(4, Math.max(2, standardError > 0 ? -Math.floor(Math.log10(standardError)) : 4));
  return `×${factor.toFixed(decimals)} ± ${standardError.toFixed(decimals)}`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit + 1 < units.length) {
    value /= 1000;
    unit++;
  }
  return `${value >= 99.5 || unit === 0 ? Math.round(value) : Number(value.toPrecision(2))} ${units[unit]}`;
}
