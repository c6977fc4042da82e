import { parse } from 'yaml';
import type {
  CallOptions,
  ConfigMap,
  Deployment,
  KubeClient,
  LabelSelector,
} from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { type MeshNetworks, meshNetworksOf } from '../endpoints/stated-networks.ts';

/** Environment of istiod's container `discovery`, stated values only. */
export type IstiodEnvironment = Readonly<Record<string, string>>;

/** The parts of Istio's mesh configuration that isthmus reads. */
export interface MeshConfig {
  readonly trustDomain?: string;
  readonly trustDomainAliases?: readonly string[];
  /** Where policies for the whole mesh are; istio-system when unset. */
  readonly rootNamespace?: string;
  readonly serviceSettings?: readonly {
    readonly settings?: { readonly clusterLocal?: boolean };
    readonly hosts?: readonly string[];
  }[];
  /** Namespaces that istiod sees, in its own and every other cluster; all of them when there is none. */
  readonly discoverySelectors?: readonly LabelSelector[];
  /** Namespaces that see a Service, or a DestinationRule, that names none itself. */
  readonly defaultServiceExportTo?: readonly string[];
  readonly defaultDestinationRuleExportTo?: readonly string[];
  readonly defaultConfig?: {
    readonly meshId?: string;
    /** Where proxies find istiod. */
    readonly discoveryAddress?: string;
    readonly proxyMetadata?: Readonly<Record<string, string>>;
  };
}

/** One istiod Deployment and what it was told. */
export interface IstiodRevision {
  /** Name of the Deployment in istiod's namespace. */
  readonly deployment: string;
  /** `default` where none is stated. */
  readonly revision: string;
  readonly environment: IstiodEnvironment;
  /** Undefined without its ConfigMap. */
  readonly config: MeshConfig | undefined;
  readonly networks: MeshNetworks;
}

/** Where an istiod is. */
export interface IstioPlace {
  readonly kube: KubeClient;
  readonly namespace: string;
}

export const istioOf = ({ kube, spec }: Pick<MeshCluster, 'kube' | 'spec'>): IstioPlace => ({
  kube,
  namespace: istioNamespaceOf(spec),
});

/** Every istiod of a cluster with its own configuration, one for each revision; empty without istiod. */
export async function istiodRevisions(
  place: IstioPlace,
  options: CallOptions = {},
): Promise<IstiodRevision[]> {
  const { kube, namespace } = place;
  const deployments = await kube.list<Deployment>('apps/v1', 'Deployment', {
    namespace,
    labelSelector: 'app=istiod',
    ...options,
  });
  return Promise.all(
    deployments.map(async (deployment) => {
      const environment = environmentOf(deployment);
      const revision = environment['REVISION'] || 'default';
      const told = await meshConfigOf(place, revision, options);
      return { deployment: deployment.metadata?.name ?? 'istiod', revision, environment, ...told };
    }),
  );
}

function environmentOf({ spec }: Deployment): IstiodEnvironment {
  const discovery = spec?.template?.spec?.containers?.find(({ name }) => name === 'discovery');
  return Object.fromEntries((discovery?.env ?? []).map(({ name, value }) => [name, value ?? '']));
}

/**
 * The mesh configuration of every revision that runs in a cluster, for whoever asks how its sidecars
 * behave; where no istiod Deployment is, as with one that runs elsewhere, that of the default revision.
 */
export async function meshConfigs(place: IstioPlace, options: CallOptions = {}): Promise<MeshConfig[]> {
  return (await revisionConfigs(place, options)).map(({ config }) => config);
}

/** As {@link meshConfigs}, with all that each revision is told. */
export async function revisionConfigs(
  place: IstioPlace,
  options: CallOptions = {},
): Promise<RevisionConfig[]> {
  return configsOf(place, await istiodRevisions(place, options), options);
}

/** What the istiods of a revision are told. */
export interface RevisionConfig {
  readonly revision: string;
  readonly config: MeshConfig;
  readonly networks: MeshNetworks;
}

/** As {@link meshConfigs} for revisions that are known; never empty. */
export async function configsOf(
  place: IstioPlace,
  revisions: readonly IstiodRevision[],
  options: CallOptions = {},
): Promise<RevisionConfig[]> {
  if (revisions.length > 0)
    return revisions.map(({ revision, config = {}, networks }) => ({ revision, config, networks }));
  const { config = {}, networks } = await meshConfigOf(place, 'default', options);
  return [{ revision: 'default', config, networks }];
}

/** ConfigMap `istio` of istiod's namespace, or that of the revision, as istiod reads it. */
async function meshConfigOf(
  place: IstioPlace,
  revision: string,
  options: CallOptions,
): Promise<Pick<IstiodRevision, 'config' | 'networks'>> {
  const data = await revisionedConfigMap(place, { base: 'istio', revision }, options);
  const config = data && ((parse(data['mesh'] ?? '') ?? {}) as MeshConfig);
  return { config, networks: meshNetworksOf(data?.['meshNetworks']) };
}

/** Data of a ConfigMap that each revision of istiod has for itself; undefined without one. */
export async function revisionedConfigMap(
  { kube, namespace }: IstioPlace,
  { base, revision }: { base: string; revision: string },
  options: CallOptions,
): Promise<Record<string, string> | undefined> {
  const name = revision === 'default' ? base : `${base}-${revision}`;
  const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace, name };
  const found = await kube.get<ConfigMap>(ref, options);
  return found && (found.data ?? {});
}
