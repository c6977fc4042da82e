import { App } from 'aws-cdk-lib';
import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { withFolder } from './folder.ts';
import { clusterStack } from './stack.ts';

/** A CloudFormation template as plain data. */
export interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly [key: string]: unknown }>>;
  readonly [section: string]: unknown;
}

/**
 * Synthesise one cluster's cloud assembly into a folder of its own, use it, and remove it again.
 * Needs no credentials and no network.
 */
export async function withAssembly<T>(
  topology: Pick<Topology, 'name'>,
  spec: EksClusterSpec,
  use: (directory: string, template: Template) => Promise<T>,
): Promise<T> {
  return withFolder(async (outdir) => {
    const app = new App({
      outdir,
      analyticsReporting: false,
      treeMetadata: false,
      // It prints; the tests lint every variant instead.
      builtinCloudFormationValidation: false,
    });
    const stack = clusterStack(app, topology.name, spec);
    const assembly = app.synth();
    return use(outdir, assembly.getStackArtifact(stack.artifactId).template as Template);
  });
}
