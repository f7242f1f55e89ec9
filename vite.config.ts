import { defineConfig } from 'vitest/config';
import { projects } from './tests/setup/projects.ts';

/** Cross-origin isolation: threads and precise timers. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  // Relative addresses: the built page works from any folder of any host.
  base: './',
  build: { outDir: 'dist/page', target: 'es2022', reportCompressedSize: false, chunkSizeWarningLimit: 2000 },
  worker: { format: 'es' },
  server: { headers, strictPort: false },
  preview: { headers, strictPort: false },
  test: { projects },
});
