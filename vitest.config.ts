import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: {
      'guardpage/vitest': new URL('./src/vitest/index.ts', import.meta.url).pathname,
      guardpage: new URL('./src/index.ts', import.meta.url).pathname,
    },
  },
  test: {
    // Modules are loaded once a worker and not once a file, which halves the time: no test changes what another sees.
    isolate: false,
    pool: 'threads',
    include: ['test/**/*.test.ts', ...(process.env.GUARDPAGE_SLOW ? ['test/**/*.slow.ts'] : [])],
    testTimeout: process.env.GUARDPAGE_SLOW ? 1_800_000 : 60_000,
    hookTimeout: 120_000,
  },
});
