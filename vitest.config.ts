import { defineConfig } from 'vitest/config'

/**
 * Three projects. `unit` tests call functions and handlers in threads that share one module graph; `carousel` tests
 * do so in forks; `integration` tests start processes (the embedded PostgreSQL, the whole server) and run in forks.
 */
export default defineConfig({
  test: {
    reporters: ['default', './test/closing-line-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: ['packages/carousel/**', '**/*.integration.test.ts', '**/node_modules/**'],
          pool: 'threads',
          isolate: false,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'carousel',
          include: ['packages/carousel/src/**/*.test.ts'],
          exclude: ['**/*.integration.test.ts', '**/node_modules/**'],
          // Skia's list of fonts is the process's: a thread that takes fonts out of it is seen by all others.
          pool: 'forks',
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          // Some set every script that there is, again and again.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['packages/*/src/**/*.integration.test.ts', 'test/**/*.test.ts'],
          exclude: ['**/node_modules/**'],
          pool: 'forks',
          maxWorkers: 2,
          // After the others, not beside them: two groups at once would need one number of workers.
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
