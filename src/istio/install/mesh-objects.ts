import { join } from 'node:path';
import type { KubeObject } from '../../kubernetes/index.ts';
import { type Reporter, silentReporter } from '../../report/index.ts';
import { type Charts, ensureCharts, ensureToolchain, versions } from '../../toolchain/index.ts';
import type { Topology } from '../../topology/index.ts';
import { serviceObjects } from '../services/service-objects.ts';
import { gatewayObjects } from './gateway-objects.ts';
import { generateManifest } from './manifest.ts';
import { ingressNamespace, managed, systemNamespace } from './namespaces.ts';
import { type InstallOptions, operatorFor } from './operator.ts';
import { peerMeshConfigs, peerNamespaces } from './peer-namespaces.ts';
import { withLeastReader } from './reader-role.ts';
import { sampleObjects } from './sample-objects.ts';

export type Stage = 'foundation' | 'control-plane' | 'gateways' | 'samples' | 'services' | 'routes';

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
  const charted = await chartedObjects(options);
  return stagesOf(options.topology).map((stage) => ({ stage, objects: objectsOf(stage, charted, options) }));
}

/** Those of one stage: only the gateways' need to know what `peers` stands for. */
export async function stageObjects(stage: Stage, options: MeshObjectsOptions): Promise<KubeObject[]> {
  return objectsOf(stage, await chartedObjects(options), options);
}

/** Where nothing is wanted of services, nothing is said of them. */
const stagesOf = ({ services }: Topology): readonly Stage[] => [
  'foundation',
  'control-plane',
  'gateways',
  'samples',
  ...(services.length > 0 ? (['services', 'routes'] as const) : []),
];

async function chartedObjects(options: MeshObjectsOptions): Promise<KubeObject[]> {
  const { signal, cache } = options;
  const istioctl = options.istioctl ?? (await findIstioctl(options));
  const charts = await chartsOf(options.topology, options);
  return generateManifest(operatorFor(options), { istioctl, charts, signal, cache });
}

/**
 * The charts of the version that a mesh is to run; undefined for those that istioctl carries. Throws what
 * ensureCharts of the toolchain throws.
 */
export async function chartsOf(
  { istio }: Topology,
  { reporter = silentReporter, signal }: Pick<MeshObjectsOptions, 'reporter' | 'signal'>,
): Promise<Charts | undefined> {
  const { version } = istio;
  return version === versions.istio ? undefined : ensureCharts({ version, reporter, signal });
}

function objectsOf(stage: Stage, charted: readonly KubeObject[], options: InstallOptions): KubeObject[] {
  return unmarkedObjectsOf(stage, charted, options).map(managed);
}

function unmarkedObjectsOf(
  stage: Stage,
  charted: readonly KubeObject[],
  options: InstallOptions,
): readonly KubeObject[] {
  const { topology, spec } = options;
  switch (stage) {
    case 'foundation':
      return [
        systemNamespace(spec),
        ...peerNamespaces(options),
        ingressNamespace(spec, options.capabilities),
        ...charted.filter(isDefinition),
      ];
    case 'control-plane':
      return [
        ...withLeastReader(
          charted.filter((object) => !isGateway(object) && !isDefinition(object)),
          spec,
        ),
        ...peerMeshConfigs(options),
      ];
    case 'gateways':
      return gatewayObjects(charted.filter(isGateway), options);
    case 'samples':
      return topology.samples ? sampleObjects(spec) : [];
    case 'services':
      return serviceObjects(topology).rules;
    case 'routes':
      return serviceObjects(topology).routes;
  }
}

const isGateway = (object: KubeObject) =>
  object.metadata?.labels?.['operator.istio.io/component'] === 'IngressGateways';
const isDefinition = ({ kind }: KubeObject) => kind === 'CustomResourceDefinition';

async function findIstioctl({ reporter, signal }: MeshObjectsOptions): Promise<string> {
  const { bin } = await ensureToolchain({ reporter: reporter ?? silentReporter, signal, only: ['istioctl'] });
  return join(bin, 'istioctl');
}
