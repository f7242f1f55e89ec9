/** Charts as files: SVG, PNG at twice the size, CSV. */
import type { Table } from '../frame.ts';

const SCALE = 2;

export function svgText(picture: SVGElement): string {
  return new XMLSerializer().serializeToString(picture);
}

/** RFC 4180: cells with commas, quotes or line ends stand in quotes. */
export function csvText({ columns, rows }: Table): string {
  const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return [columns, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
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

/** Hands a file to the person. */
export function save(content: Blob, name: string): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** `Gradient norm` → `nablascope-gradient-norm`. */
export function fileName(title: string): string {
  return `nablascope-${title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')}`;
}
