import { join } from 'node:path';
import type { KubeObject } from '../../kubernetes/index.ts';
import { type Reporter, silentReporter } from '../../report/index.ts';
import { ensureToolchain } from '../../toolchain/index.ts';
import { gatewayObjects } from './gateway-objects.ts';
import { generateManifest } from './manifest.ts';
import { ingressNamespace, managed, systemNamespace } from './namespaces.ts';
import { type InstallOptions, operatorFor } from './operator.ts';
import { withLeastReader } from './reader-role.ts';
import { sampleObjects } from './sample-objects.ts';

export type Stage = 'foundation' | 'control-plane' | 'gateways' | 'samples';

export interface MeshStage {
  readonly stage: Stage;
  readonly objects: readonly KubeObject[];
}

export interface MeshObjectsOptions extends InstallOptions {
  /** Path of istioctl; from the toolchain, made if missing, when undefined. */
  readonly istioctl?: string | undefined;
  /** Folder for generated manifests; the toolchain's cache when undefined. */
  readonly cache?: string | undefined;
  readonly reporter?: Reporter | undefined;
  readonly signal: AbortSignal;
}

/** The exact objects that `up` applies to one cluster, secrets aside, in the order of its stages. */
export async function meshObjects(options: MeshObjectsOptions): Promise<MeshStage[]> {
  const { topology, spec, signal, cache } = options;
  const istioctl = options.istioctl ?? (await findIstioctl(options));
  const charted = await generateManifest(operatorFor(options), { istioctl, signal, cache });
  const isGateway = (object: KubeObject) =>
    object.metadata?.labels?.['operator.istio.io/component'] === 'IngressGateways';
  const isDefinition = ({ kind }: KubeObject) => kind === 'CustomResourceDefinition';
  const control = withLeastReader(charted.filter((object) => !isGateway(object) && !isDefinition(object)));
  const stages: MeshStage[] = [
    {
      stage: 'foundation',
      objects: [systemNamespace(spec), ingressNamespace(spec), ...charted.filter(isDefinition)],
    },
    { stage: 'control-plane', objects: control },
    { stage: 'gateways', objects: gatewayObjects(charted.filter(isGateway), options) },
    { stage: 'samples', objects: topology.samples ? sampleObjects(spec) : [] },
  ];
  return stages.map(({ stage, objects }) => ({ stage, objects: objects.map(managed) }));
}

async function findIstioctl({ reporter, signal }: MeshObjectsOptions): Promise<string> {
  const { bin } = await ensureToolchain({ reporter: reporter ?? silentReporter, signal, only: ['istioctl'] });
  return join(bin, 'istioctl');
}
