/** Files dropped anywhere on the page and texts pasted outside a field, offered as an import. The readers are loaded with the first one. */
import type { Incoming } from './files.ts';

const FIELDS = 'input, textarea, [contenteditable]';

/** @param offer takes what was read; nothing of it is in force yet */
export function listenForImports(target: Window, offer: (incoming: Incoming) => void): void {
  target.addEventListener('dragover', (event) => {
    if (!holdsFiles(event) && !event.dataTransfer?.types.includes('text/plain')) return;
    if (isField(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy';
  });
  target.addEventListener('drop', async (event) => {
    if (isField(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    const text = event.dataTransfer?.getData('text/plain') ?? '';
    const { readFiles, readText } = await import('./files.ts');
    if (files.length > 0) offer(await readFiles(files));
    else if (text) offer(readText(text, 'the dropped text'));
  });
  target.addEventListener('paste', async (event) => {
    if (isField(event)) return;
    const files = [...(event.clipboardData?.files ?? [])];
    const text = event.clipboardData?.getData('text/plain') ?? '';
    // Any other text that is pasted at a page is a slip, not a document.
    if (files.length === 0 && !/^\s*[[{]/.test(text)) return;
    event.preventDefault();
    const { readFiles, readText } = await import('./files.ts');
    offer(files.length > 0 ? await readFiles(files) : readText(text, 'the pasted text'));
  });
}

function holdsFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes('Files') ?? false;
}

/** A field takes what is dropped and pasted on it itself. */
function isField(event: Event): boolean {
  const [target] = event.composedPath();
  return target instanceof Element && target.closest(FIELDS) !== null;
}
