import { describe, expect, test } from 'vitest';
import { placeLevels, Tags } from '../../../src/ui/chart/labels.ts';

describe('letters of series', () => {
  const area = { top: 8, bottom: 100, right: 200 };

  test('stand beside their samples, and one that would cover another in the nearest free row', () => {
    const tags = new Tags(area);
    const places = [50, 51, 52, 90].map((y) => tags.place({ x: 40, y }, false, 7));
    expect(places).toEqual([
      { x: 45, y: 54 },
      { x: 45, y: 66 },
      { x: 45, y: 78 },
      { x: 45, y: 94 },
    ]);
  });

  test('leave neither the top, nor the bottom, nor the right of the picture', () => {
    const tags = new Tags(area);
    expect(tags.place({ x: 198, y: 2 }, true, 14)).toEqual({ x: 186, y: 8 });
    expect(tags.place({ x: 10, y: 120 }, false, 14)).toEqual({ x: 15, y: 100 });
  });

  test('keep their distances on a screen of twice the density', () => {
    const tags = new Tags(area, 2);
    expect([50, 51].map((y) => tags.place({ x: 40, y }, false, 14).y)).toEqual([58, 81]);
  });
});

test('of levels that lie too close, one that gives way goes without its label', () => {
  const level = (y: number, givesWay = false) => ({ y, label: String(y), color: '--dim', givesWay });
  const placed = placeLevels([level(1), level(2, true), level(3), level(30, true)], (y) => 10 * y - 9.5 * Math.min(y, 3));
  expect(placed.map(({ at, isLabelled }) => [at, isLabelled])).toEqual([
    [0.5, true],
    [1, false],
    [1.5, true],
    [271.5, true],
  ]);
});
