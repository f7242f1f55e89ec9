/** Changes made in mid-run on a map: lines as the plots have them, which must be seen on every colour. */
import type { Colors } from '../colors.ts';

/** @param xs where the lines are, from the left edge on */
export function paintMoments(
  context: CanvasRenderingContext2D,
  xs: readonly number[],
  top: number,
  height: number,
  colors: Colors,
): void {
  for (const x of xs) {
    const line = (width: number, color: string, dash: readonly number[]) => {
      context.lineWidth = width;
      context.strokeStyle = colors.of(color);
      context.setLineDash([...dash]);
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, top + height);
      context.stroke();
    };
    context.save();
    context.globalAlpha = 0.7;
    line(3, '--panel', []);
    context.globalAlpha = 1;
    line(1.5, '--text', [2, 3]);
    context.restore();
  }
}
