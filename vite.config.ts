import { defineConfig } from 'vitest/config';
import { assembly } from './src/dev/assembly.mjs';
import { HEADERS, policy } from './src/dev/policy.mjs';
import { projects } from './tests/setup/projects.ts';

// The development server puts styles and scripts into the page, which the policy of the built one refuses.
const { 'Content-Security-Policy': _, ...headers } = HEADERS;

export default defineConfig({
  // Relative addresses: the built page works from any folder of any host.
  base: './',
  build: { outDir: 'dist/page', target: 'es2022', reportCompressedSize: false, chunkSizeWarningLimit: 2000 },
  plugins: [assembly(), policy()],
  // Workers are built with plugins of their own.
  worker: { format: 'es', plugins: () => [assembly()] },
  server: { headers, strictPort: false },
  preview: { headers: HEADERS, strictPort: false },
  test: { projects },
});
