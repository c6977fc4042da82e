import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { withApp } from './app.ts';
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
  return withApp(async (app, outdir) => {
    const stack = clusterStack(app, topology.name, spec);
    const assembly = app.synth();
    return use(outdir, assembly.getStackArtifact(stack.artifactId).template as Template);
  });
}
