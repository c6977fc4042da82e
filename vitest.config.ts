import { defineConfig } from 'vitest/config';

/** The line of a failure that CI's last lines quote is to say what was seen, however long that is. */
const chaiConfig = { truncateThreshold: 0 };

/** Of tests that bring up clusters: each waits for minutes and has the machine to share. */
const clusters = { chaiConfig, fileParallelism: false, testTimeout: 300_000, hookTimeout: 600_000 } as const;

export default defineConfig({
  test: {
    reporters: ['default', './scripts/closing-line-reporter.mjs'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          globalSetup: ['test/e2e/temporary.setup.ts'],
          // Clusters beside it may hold the processor for long; what hangs is to be told, not what is slow.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Loading every file's imports anew takes longer than all that the tests compute.
          isolate: false,
          maxWorkers: '100%',
        },
      },
      // The dashboard's page in a real browser, on the state of meshes that nobody built.
      {
        test: {
          name: 'dashboard',
          include: ['test/dashboard/*.test.ts'],
          globalSetup: ['test/e2e/temporary.setup.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
      // Files that take the shared bed, one after another.
      {
        test: {
          name: 'e2e-shared',
          include: ['test/e2e/shared/*.test.ts'],
          globalSetup: ['test/e2e/temporary.setup.ts', 'test/e2e/shared/bed.setup.ts'],
          ...clusters,
        },
      },
      // The same with another bed, for files that count lost requests.
      {
        test: {
          name: 'e2e-load',
          include: ['test/e2e/load/*.test.ts'],
          globalSetup: ['test/e2e/temporary.setup.ts', 'test/e2e/load/bed.setup.ts'],
          ...clusters,
        },
      },
      // Files whose meshes are their own; several processes may each run one beside the others.
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts'],
          globalSetup: ['test/e2e/temporary.setup.ts'],
          ...clusters,
        },
      },
      {
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: ['test/e2e/temporary.setup.ts', 'test/faults/bed.setup.ts'],
          ...clusters,
        },
      },
      // Every drill, one mesh’s root led from source to source, an up killed at every moment, the dashboard of a live mesh: long, and on a machine with nothing else to do.
      {
        test: {
          name: 'long',
          include: ['test/long/*.test.ts'],
          globalSetup: ['test/e2e/temporary.setup.ts'],
          ...clusters,
          testTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'aws',
          include: ['test/aws/**/*.test.ts'],
          ...clusters,
          testTimeout: 600_000,
        },
      },
    ],
  },
});
