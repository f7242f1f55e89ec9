// Serves the page with the fake sweep worker, to look at the Sweep view without training: `node tests/support/serve-fake-sweep.mjs 5180`.
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const fake = fileURLToPath(new URL('./fake-sweep-worker.ts', import.meta.url));

const server = await createServer({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  server: { port: Number(process.argv[2] ?? 5180) },
  plugins: [
    {
      name: 'fake-sweep-worker',
      enforce: 'pre',
      transform: (code, id) => (id.endsWith('/sweep-client.ts') ? code.replace('./sweep-worker.ts', fake) : undefined),
    },
  ],
});
await server.listen();
server.printUrls();
