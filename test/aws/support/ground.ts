import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bridgeAddress, meshSubnet } from '../../../src/local/addresses/addressing.ts';
import { ensureMeshNetwork } from '../../../src/local/host/mesh-network.ts';
import { meshPaths } from '../../../src/local/host/paths.ts';
import { localProvider } from '../../../src/local/index.ts';
import type { ClusterProvider, ProviderContext } from '../../../src/provider/index.ts';
import type { ClusterSpec, EksClusterSpec, Topology } from '../../../src/topology/index.ts';
import type { Emulator } from '../emulator/emulator.ts';

/** Name of the EKS cluster of a cluster in a mesh. */
export const eksNameOf = (mesh: string, cluster: string): string => `isthmus-${mesh}-${cluster}`;

/** The address of this machine that the pods and API servers of a local mesh can reach. */
export async function bridgeOf(mesh: string, signal: AbortSignal): Promise<string> {
  const { subnet } = await ensureMeshNetwork(meshPaths(mesh), ['ipv4'], signal);
  return String(bridgeAddress(meshSubnet(subnet, 'ipv4')));
}

/**
 * The local clusters that stand behind emulated EKS clusters of the same names. Their API servers ask
 * the emulator who a token belongs to, as EKS's ask IAM.
 */
export class Ground {
  readonly emulator: Emulator;
  readonly provider: ClusterProvider;
  readonly #folder: string;

  constructor(emulator: Emulator, folder: string) {
    this.emulator = emulator;
    this.#folder = folder;
    this.provider = localProvider({
      extraApiServerArgs: (cluster) => [
        `--authentication-token-webhook-config-file=${this.#webhook(cluster)}`,
        '--authentication-token-webhook-version=v1',
        '--authentication-token-webhook-cache-ttl=10s',
        // EKS grants no more, whatever is asked.
        '--service-account-max-token-expiration=24h',
      ],
    });
  }

  #webhook(cluster: string): string {
    return join(this.#folder, `${cluster}.webhook`);
  }

  /** Start what stands behind every cluster of a mesh, and tell the emulator where. */
  async start(context: ProviderContext): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    for (const spec of context.topology.clusters)
      await this.#writeWebhook(context.topology, spec as EksClusterSpec);
    await Promise.all(
      context.topology.clusters.map(async (spec) => {
        // The mesh is told of an upstream Envoy, wherever Istio's own could be had.
        await this.provider.ensure(context, { ...spec, proxy: 'vanilla' } as ClusterSpec);
        const connection = await this.provider.connection(context, spec);
        const server = connection.config.cluster;
        await this.emulator.placeApiServer(eksNameOf(context.topology.name, spec.name), {
          endpoint: server?.server ?? '',
          certificateAuthority: server?.caData ?? '',
        });
      }),
    );
  }

  async #writeWebhook({ name }: Topology, spec: EksClusterSpec): Promise<void> {
    const server = this.emulator.tokenReviewUrl(spec.region, eksNameOf(name, spec.name));
    const document = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'authenticator', cluster: { server } }],
      users: [{ name: 'api-server' }],
      contexts: [{ name: 'webhook', context: { cluster: 'authenticator', user: 'api-server' } }],
      'current-context': 'webhook',
    };
    await writeFile(this.#webhook(spec.name), JSON.stringify(document));
  }

  /** Take the local clusters away; what is left of them on this machine. */
  async stop(context: ProviderContext): Promise<string[]> {
    for (const name of await this.provider.list(context)) await this.provider.remove(context, name);
    return (await this.provider.audit(context)).map(({ kind, id }) => `${kind} ${id}`);
  }
}
