// What the built page may do, as a Content-Security-Policy: written into index.html, and sent by whatever serves it here.

/** By directive. Everything that is not named is refused. */
const DIRECTIVES = {
  'default-src': "'none'",
  // The CPU engine compiles its WebAssembly kernels; JavaScript made of strings stays refused.
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self'",
  // No style elements; style attributes are how Lit and Web Awesome hand a number to a style sheet.
  'style-src': "'self'",
  'style-src-attr': "'unsafe-inline'",
  // The icon of the page is a data: address; pictures of charts are made as blob:.
  'img-src': "'self' data: blob:",
  // Web Awesome's icons and small data files are data: addresses, which lead nowhere.
  'connect-src': "'self' data:",
  'base-uri': "'none'",
  'form-action': "'none'",
};

/** For a `meta` element. */
export const POLICY = Object.entries(DIRECTIVES)
  .map(([name, sources]) => `${name} ${sources}`)
  .join('; ');

/** For whoever serves the page; isolation from other origins brings threads and precise timers. */
export const HEADERS = {
  // What a meta element cannot say: no other page may put this one into a frame.
  'Content-Security-Policy': `${POLICY}; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** A Vite plugin: the built index.html carries the policy, before anything that it governs. The development server's does not. */
export function policy() {
  return {
    name: 'nablascope:policy',
    apply: 'build',
    transformIndexHtml: (html) => {
      const meta = `<meta http-equiv="Content-Security-Policy" content="${POLICY}" />`;
      return html.replace('<meta charset="utf-8" />', (charset) => `${charset}\n    ${meta}`);
    },
  };
}
