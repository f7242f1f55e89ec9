/** Charts as files: SVG, PNG at twice the size, CSV. */
import { csvLine } from '../../metrics/table-text.ts';
import type { Table } from '../frame.ts';

const SCALE = 2;

export function svgText(picture: SVGElement): string {
  return new XMLSerializer().serializeToString(picture);
}

export function csvText({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${csvLine(row)}\n`).join('');
}

/** @throws Error where the browser cannot draw the picture */
export async function pngOf(picture: SVGElement): Promise<Blob> {
  const address = URL.createObjectURL(new Blob([svgText(picture)], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = SCALE * Number(picture.getAttribute('width'));
    canvas.height = SCALE * Number(picture.getAttribute('height'));
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob(
        (blob) => (blob ? resolve(blob) : reject(new Error('This browser could not make a PNG of the chart.'))),
        'image/png',
      );
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** `Gradient norm` → `nablascope-gradient-norm`. */
export function fileName(title: string): string {
  return `nablascope-${title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}`;
}
