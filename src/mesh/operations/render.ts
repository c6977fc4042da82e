import { meshObjects, remoteSecretName } from '../../istio/index.ts';
import { type KubeObject, printYaml } from '../../kubernetes/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';
import { withKnownPeers } from '../session/source-ranges.ts';

/** One file of `render`: its path relative to the output folder and what it holds. */
export interface RenderedFile {
  readonly path: string;
  readonly content: string;
}

/**
 * The exact objects and templates that `up` applies, without secrets: certificate authorities and
 * remote secrets are named in a README beside them, never rendered.
 */
export async function renderMesh(options: Operation): Promise<RenderedFile[]> {
  const session = new Session(options);
  const perCluster = await forEachCluster(options.topology.clusters, async (spec) => {
    const provider = await session.provider(spec.provider);
    const { topology, signal, reporter } = options;
    const stages = await meshObjects({
      topology,
      spec: await withKnownPeers(session, spec),
      capabilities: await session.capabilities(spec),
      reporter,
      signal,
    });
    const files = stages.map(({ stage, objects }, at) => ({
      path: `${spec.name}/${at + 1}-${stage}.yaml`,
      content: asDocuments(objects),
    }));
    return [...files, ...((await provider.render?.(session.context, spec)) ?? [])];
  });
  return [...perCluster.flat(), secretsNote(options)];
}

const asDocuments = (objects: readonly KubeObject[]): string =>
  objects.map((object) => `---\n${printYaml(object)}`).join('');

function secretsNote({ topology }: Operation): RenderedFile {
  const lines = topology.clusters.flatMap((spec) => [
    `- ${spec.name}: Secret ${istioNamespaceOf(spec)}/cacerts (its intermediate authority)`,
    ...topology.clusters
      .filter((peer) => peer.name !== spec.name)
      .map(
        (peer) =>
          `- ${spec.name}: Secret ${istioNamespaceOf(spec)}/${remoteSecretName(peer.name)} (access to ${peer.name})`,
      ),
  ]);
  const head = `# ${topology.name}\nThese Secrets hold keys and tokens, so \`isthmus up\` applies them and \`isthmus render\` does not:\n`;
  return { path: 'README.md', content: `${head}${lines.join('\n')}\n` };
}
