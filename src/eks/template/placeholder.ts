import { Stack } from 'aws-cdk-lib/core';
import { withApp } from './app.ts';
import { plainSynthesizer } from './synthesizer.ts';

/**
 * An assembly that names a stack and says nothing of what is in it: enough to delete the stack, also
 * of a cluster that the file no longer describes.
 */
export async function withPlaceholder<T>(
  { stack, region }: { stack: string; region: string },
  use: (directory: string) => Promise<T>,
): Promise<T> {
  return withApp(async (app, outdir) => {
    new Stack(app, stack, {
      stackName: stack,
      env: { region },
      synthesizer: plainSynthesizer(),
      analyticsReporting: false,
    });
    app.synth();
    return use(outdir);
  });
}
