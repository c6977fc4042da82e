import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';

/**
 * An app that synthesises into a new folder of this process alone, which is there for as long as `use`
 * takes.
 */
export async function withApp<T>(use: (app: App, directory: string) => Promise<T>): Promise<T> {
  const outdir = await mkdtemp(join(tmpdir(), 'isthmus-assembly-'));
  try {
    const app = new App({
      outdir,
      analyticsReporting: false,
      treeMetadata: false,
      // It prints; the tests lint every variant instead.
      builtinCloudFormationValidation: false,
    });
    return await use(app, outdir);
  } finally {
    await rm(outdir, { recursive: true, force: true });
  }
}
