import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: {
      'guardpage/vitest': new URL('./src/vitest/index.ts', import.meta.url).pathname,
      guardpage: new URL('./src/index.ts', import.meta.url).pathname,
    },
  },
  test: {
    include: ['test/**/*.test.ts', ...(process.env.GUARDPAGE_SLOW ? ['test/**/*.slow.ts'] : [])],
    testTimeout: process.env.GUARDPAGE_SLOW ? 1_800_000 : 60_000,
    hookTimeout: 120_000,
  },
});
