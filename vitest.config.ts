import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { alias: { guardpage: new URL('./src/index.ts', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/slow/**'],
    testTimeout: 60_000,
  },
});
