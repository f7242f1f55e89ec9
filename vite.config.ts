import { defineConfig } from 'vitest/config';
import { assembly } from './src/dev/assembly.mjs';
import { projects } from './tests/setup/projects.ts';

/** Cross-origin isolation: threads and precise timers. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  // Relative addresses: the built page works from any folder of any host.
  base: './',
  build: { outDir: 'dist/page', target: 'es2022', reportCompressedSize: false, chunkSizeWarningLimit: 2000 },
  plugins: [assembly()],
  // Workers are built with plugins of their own.
  worker: { format: 'es', plugins: () => [assembly()] },
  server: { headers, strictPort: false },
  preview: { headers, strictPort: false },
  test: { projects },
});
