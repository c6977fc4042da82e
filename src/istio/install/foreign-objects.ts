import {
  describeRef,
  isMadeByIsthmus,
  type KubeClient,
  type KubeObject,
  readInventory,
  refKey,
  refOf,
} from '../../kubernetes/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { SAMPLE_NAMESPACE } from '../names.ts';
import { remoteSecretName } from '../remotes/remote-secret.ts';
import { inventoryOf } from './inventories.ts';
import { type MeshObjectsOptions, meshObjects } from './mesh-objects.ts';

/** Something of an Istio, or in its place, that isthmus did not make. */
export interface ForeignObject {
  /** `Deployment istio-system/istiod` */
  readonly what: string;
  /** Who wrote it, as its managed fields name them: `helm`, `argocd-controller`, … */
  readonly managers: readonly string[];
  /** The release or application that it belongs to, where it says so. */
  readonly owner?: string | undefined;
}

export interface ForeignObjectsOptions extends MeshObjectsOptions {
  readonly kube: KubeClient;
}

/**
 * What `up` would find in a cluster and take over without having made it: every control plane of Istio,
 * of whatever revision, its webhooks and definitions, and everything else of a name that `up` uses. What
 * an inventory lists was taken over before with consent. Empty where there is nothing of that kind.
 */
export async function foreignObjects(options: ForeignObjectsOptions): Promise<ForeignObject[]> {
  const stages = await meshObjects(withoutRanges(options));
  const known = await listedObjects(options, ['trust', ...stages.map(({ stage }) => stage)]);
  const isForeign = (object: KubeObject) => !isMadeByIsthmus(object) && !known.has(refKey(refOf(object)));
  const wanted = stages
    .flatMap(({ objects }) => objects)
    .filter((object) => !known.has(refKey(refOf(object))));
  const [planes, inPlace, secrets] = await Promise.all([
    controlPlanes(options),
    takenPlaces(options, wanted),
    remoteSecretsInPlace(options),
  ]);
  const found = new Map(
    [...planes, ...inPlace, ...secrets].filter(isForeign).map((one) => [refKey(refOf(one)), one]),
  );
  if (found.size === 0) return [];
  const objects = [...found.values()].map(foreignObject);
  return [...objects, ...(await helmReleases(options, [...found.values()]))];
}

/** Only names are compared, and what `peers` stands for may not be known yet. */
function withoutRanges(options: ForeignObjectsOptions): ForeignObjectsOptions {
  const { spec } = options;
  const { ingress, eastWest } = spec.gateways;
  const gateways = {
    ingress: { ...ingress, sourceRanges: [] },
    eastWest: { ...eastWest, sourceRanges: [] },
  };
  return { ...options, spec: { ...spec, gateways } };
}

async function listedObjects(
  { kube, spec, signal }: ForeignObjectsOptions,
  stages: readonly Parameters<typeof inventoryOf>[1][],
): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(
    stages.map((stage) => readInventory(kube, inventoryOf(spec, stage), { signal })),
  );
  return new Set(lists.flatMap((refs) => refs ?? []).map(refKey));
}

/** By the labels that Istio's charts, its operator and istioctl all set, in every namespace and revision. */
async function controlPlanes({ kube, signal }: ForeignObjectsOptions): Promise<KubeObject[]> {
  const webhooks = { labelSelector: 'app in (istiod,sidecar-injector)', signal };
  const found = await Promise.all([
    kube.list('apps/v1', 'Deployment', { labelSelector: 'app=istiod', signal }),
    kube.list('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', webhooks),
    kube.list('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', webhooks),
  ]);
  return found.flat();
}

/** What is there already of a name that `up` would write. */
async function takenPlaces(
  { kube, signal }: ForeignObjectsOptions,
  wanted: readonly KubeObject[],
): Promise<KubeObject[]> {
  const live = await Promise.all(
    wanted.map(async (object) => {
      const there = await kube.get(refOf(object), { signal });
      return there && (await isInTheWay(kube, object, { there, signal })) ? [there] : [];
    }),
  );
  return live.flat();
}

/** Access to peers that somebody gave to the istiod that is there, by names that istioctl chooses as well. */
async function remoteSecretsInPlace(options: ForeignObjectsOptions): Promise<KubeObject[]> {
  const { topology, spec, kube, signal } = options;
  const peers = topology.clusters.filter(({ name }) => name !== spec.name);
  const names = new Set(peers.map(({ name }) => remoteSecretName(name)));
  const secrets = await kube.list('v1', 'Secret', { namespace: istioNamespaceOf(spec), signal });
  return secrets.filter(({ metadata }) => names.has(metadata?.name ?? ''));
}

/**
 * Who prepares a cluster may make its namespaces: a label more harms nobody, unless another has set it
 * otherwise, or it is the one that puts a proxy into every pod of theirs.
 */
async function isInTheWay(
  kube: KubeClient,
  object: KubeObject,
  { there, signal }: { there: KubeObject; signal: AbortSignal },
): Promise<boolean> {
  if (object.kind !== 'Namespace') return true;
  if (there.metadata?.name === SAMPLE_NAMESPACE) return true;
  return (await kube.conflicts(object, { signal })).length > 0;
}

function foreignObject(object: KubeObject): ForeignObject {
  const { annotations = {}, labels = {} } = object.metadata ?? {};
  const release = annotations['meta.helm.sh/release-name'];
  const application = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  const operator = labels['install.operator.istio.io/owning-resource'];
  const owner =
    (release && `Helm release ${annotations['meta.helm.sh/release-namespace'] ?? ''}/${release}`) ||
    (application && `Argo CD application ${application}`) ||
    (operator && operator !== 'unknown' ? `IstioOperator ${operator}` : undefined);
  const revision = labels['istio.io/rev'];
  const named = revision && revision !== 'default' ? `, revision ${revision}` : '';
  return { what: describeRef(refOf(object)) + named, managers: managersOf(object), owner };
}

/** Those that wrote an object itself; its status is everybody's controllers'. */
function managersOf({ metadata }: KubeObject): string[] {
  const writers = (metadata?.managedFields ?? []).filter(({ subresource }) => !subresource);
  return [...new Set(writers.flatMap(({ manager }) => manager ?? []))].sort();
}

/** Helm keeps each release in a Secret, also where its objects do not name it. */
async function helmReleases(
  { kube, spec, signal }: ForeignObjectsOptions,
  found: readonly KubeObject[],
): Promise<ForeignObject[]> {
  const places = found.map(({ metadata }) => metadata?.annotations?.['meta.helm.sh/release-namespace']);
  const namespaces = [...new Set([istioNamespaceOf(spec), ...places.flatMap((place) => place ?? [])])];
  const secrets = await Promise.all(
    namespaces.map((namespace) =>
      kube.list('v1', 'Secret', { namespace, labelSelector: 'owner=helm,status=deployed', signal }),
    ),
  );
  return secrets.flat().map((secret) => ({
    what: describeRef(refOf(secret)),
    managers: managersOf(secret),
    owner: `Helm release ${secret.metadata?.namespace}/${secret.metadata?.labels?.['name']}`,
  }));
}
