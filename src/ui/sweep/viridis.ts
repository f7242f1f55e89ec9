/** The viridis colour map, from dark (0) to bright (1); perceptually uniform and readable without colour vision. */

// 17 evenly spaced entries of matplotlib’s table (Smith, van der Walt and Firing 2015, CC0), linearly interpolated between.
const STOPS = [
  [68, 1, 84],
  [72, 24, 106],
  [71, 45, 123],
  [66, 64, 134],
  [59, 82, 139],
  [51, 99, 141],
  [44, 114, 142],
  [38, 130, 142],
  [33, 145, 140],
  [31, 160, 136],
  [40, 174, 128],
  [63, 188, 115],
  [94, 201, 98],
  [132, 212, 75],
  [173, 220, 48],
  [216, 226, 25],
  [253, 231, 37],
];

/** Red, green and blue, 0 to 255, at `t` in 0…1. */
export function viridis(t: number): readonly [number, number, number] {
  const at = Math.min(1, Math.max(0, t)) * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(at));
  const mix = (c: number) => Math.round(STOPS[i][c] + (STOPS[i + 1][c] - STOPS[i][c]) * (at - i));
  return [mix(0), mix(1), mix(2)];
}
