/** Curves as SVG. */
import { type Markup, markup } from './markup.ts';
import { type Scale, type ScaleKind, scaleOver, wordOf } from './scales.ts';

const WIDTH = 480;
const HEIGHT = 250;
const LEFT = 58;
const TOP = 8;
const BOTTOM = 40;

/** Series beyond this number are not drawn: as many colours and dashes there are. */
export const MOST_SERIES = 6;

export interface CurvePoint {
  readonly x: number;
  /** What is not finite interrupts the curve; the first such point after a finite one is marked with a cross. */
  readonly y: number;
  /** Quartiles. */
  readonly band?: readonly [low: number, high: number];
}

export interface Curve {
  readonly label: string;
  readonly points: readonly CurvePoint[];
}

export interface Chart {
  readonly title: string;
  readonly xName: string;
  /** Left out where the title says it. */
  readonly yName?: string;
  readonly x: ScaleKind;
  readonly y: ScaleKind;
  /** At most MOST_SERIES. */
  readonly curves: readonly Curve[];
}

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
}

export function chartFigure({ title, xName, yName, x, y, curves }: Chart): Markup | undefined {
  const all = curves.flatMap(({ points }) => points);
  const xScale = scaleOver(
    all.map((point) => point.x),
    x,
  );
  const yScale = scaleOver(
    all.flatMap((point) => [point.y, ...(point.band ?? [])]),
    y,
  );
  if (!xScale || !yScale) return undefined;
  const frame = { x: xScale, y: yScale };
  const label = `${title}: ${yName ?? title} over ${xName}, from ${wordOf(yScale.low)} to ${wordOf(yScale.high)}; ${curves.length} curves: ${curves.map((curve) => curve.label).join('; ')}.`;
  return markup`<figure>
<figcaption>${title}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
${grid(frame)}
${curves.map((curve, k) => curveOf(curve, k, frame))}
<text x="${(LEFT + WIDTH) / 2}" y="${HEIGHT - 4}" text-anchor="middle" class="name">${xName}</text>
<text transform="translate(12 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle" class="name">${yName}</text>
</svg>
<ul class="legend">${curves.map(
    (curve, k) =>
      markup`<li><svg viewBox="0 0 30 8" width="30" height="8" aria-hidden="true"><path d="M1 4H29" class="curve s${k}"/></svg> ${curve.label}</li>`,
  )}</ul>
</figure>
`;
}

const placeX = ({ x }: Frame, value: number) => Number((LEFT + x.shareOf(value) * (WIDTH - LEFT - 10)).toFixed(1));
const placeY = ({ y }: Frame, value: number) => Number((HEIGHT - BOTTOM - y.shareOf(value) * (HEIGHT - BOTTOM - TOP)).toFixed(1));

function grid(frame: Frame): Markup[] {
  return [
    ...frame.y.ticks.map((tick) => {
      const y = placeY(frame, tick);
      return markup`<path d="M${LEFT} ${y}H${WIDTH - 10}" class="grid"/><text x="${LEFT - 5}" y="${y + 4}" text-anchor="end">${wordOf(tick)}</text>`;
    }),
    ...frame.x.ticks.map((tick) => {
      const x = placeX(frame, tick);
      return markup`<path d="M${x} ${TOP}V${HEIGHT - BOTTOM}" class="grid"/><text x="${x}" y="${HEIGHT - BOTTOM + 15}" text-anchor="middle">${wordOf(tick)}</text>`;
    }),
  ];
}

function isDrawn({ x, y }: Frame, point: CurvePoint): boolean {
  return Number.isFinite(y.shareOf(point.y)) && Number.isFinite(x.shareOf(point.x));
}

function curveOf({ label, points }: Curve, k: number, frame: Frame): Markup {
  let path = '';
  let open = false;
  const breaks: string[] = [];
  const bands: Markup[] = [];
  for (const [i, point] of points.entries()) {
    if (isDrawn(frame, point)) {
      path += `${open ? 'L' : 'M'}${placeX(frame, point.x)} ${placeY(frame, point.y)}`;
      open = true;
      const next = points[i + 1];
      if (point.band && next?.band && isDrawn(frame, next)) bands.push(bandBetween(point, next, k, frame));
    } else {
      if (open) breaks.push(crossAt(placeX(frame, points[i - 1].x), placeY(frame, points[i - 1].y)));
      open = false;
    }
  }
  const dots = points.length <= 40 ? points.filter((point) => isDrawn(frame, point)) : [];
  return markup`<g><title>${label}</title>${bands}<path d="${path}" class="curve s${k}"/>${dots.map(
    (point) =>
      markup`<circle cx="${placeX(frame, point.x)}" cy="${placeY(frame, point.y)}" r="2.5" class="dot s${k}"><title>${label}: ${wordOf(point.x)}, ${wordOf(point.y)}</title></circle>`,
  )}${breaks.map((d) => markup`<path d="${d}" class="break s${k}"><title>${label}: not finite after this</title></path>`)}</g>
`;
}

function bandBetween(a: CurvePoint, b: CurvePoint, k: number, frame: Frame): Markup {
  const [xa, xb] = [placeX(frame, a.x), placeX(frame, b.x)];
  const edge = (point: CurvePoint, side: 0 | 1) => placeY(frame, point.band?.[side] ?? point.y);
  const d = `M${xa} ${edge(a, 0)}L${xb} ${edge(b, 0)}V${edge(b, 1)}L${xa} ${edge(a, 1)}Z`;
  return markup`<path d="${d}" class="band s${k}"/>`;
}

const crossAt = (x: number, y: number) => `M${x - 4} ${y - 4}L${x + 4} ${y + 4}M${x - 4} ${y + 4}L${x + 4} ${y - 4}`;
