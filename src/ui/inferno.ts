/** The inferno colour map, from dark (0) to bright (1); perceptually uniform and readable without colour vision. */

// Every 16th entry of matplotlib's 256-entry table (Smith and van der Walt 2015, CC0), linearly interpolated between.
const STOPS = [
  [0, 0, 4],
  [11, 7, 36],
  [32, 12, 74],
  [57, 9, 98],
  [81, 18, 108],
  [106, 23, 110],
  [130, 32, 107],
  [154, 40, 99],
  [177, 50, 90],
  [199, 62, 76],
  [219, 80, 59],
  [235, 100, 41],
  [245, 125, 21],
  [251, 152, 6],
  [250, 181, 30],
  [245, 210, 68],
  [243, 237, 121],
  [252, 255, 164],
];

/** Red, green and blue, 0 to 255, at `t` in 0…1. */
export function inferno(t: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, t)) * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(at));
  const mix = (c: number) => Math.round(STOPS[i][c] + (STOPS[i + 1][c] - STOPS[i][c]) * (at - i));
  return [mix(0), mix(1), mix(2)];
}
