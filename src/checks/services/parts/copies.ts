import { isDeepStrictEqual } from 'node:util';
import { objectsOfService } from '../../../istio/index.ts';
import { diffObjects, type KubeObject, refOf } from '../../../kubernetes/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { ServiceSpec } from '../../../topology/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { eachCluster } from '../../engine/each-cluster.ts';
import { nameOf } from '../../facts/objects.ts';

/** Objects of one kind in one cluster. */
export interface Copies<T extends KubeObject = KubeObject> {
  readonly cluster: string;
  readonly objects: readonly T[];
}

/** What every cluster has of a kind. */
export function copiesOf<T extends KubeObject>(
  { clusters, facts }: CheckRunContext,
  apiVersion: string,
  kind: string,
): Promise<Copies<T>[]> {
  return eachCluster(clusters, async (cluster) => ({
    cluster: cluster.spec.name,
    objects: await facts.objects<T>(cluster, apiVersion, kind),
  }));
}

/** Services of the file of which something is wanted; none where no file rules the mesh. */
export const declared = (
  { topology, withoutFile }: CheckRunContext,
  intent: (service: ServiceSpec) => unknown,
): ServiceSpec[] => (withoutFile ? [] : topology.services.filter((service) => intent(service) !== undefined));

/** Policies of every cluster that say who may call. */
export async function policyKinds(context: CheckRunContext): Promise<Copies[]> {
  const version = 'security.istio.io/v1';
  return joined(
    await copiesOf(context, version, 'AuthorizationPolicy'),
    await copiesOf(context, version, 'PeerAuthentication'),
  );
}

/** Objects of two kinds as one. */
export const joined = (one: readonly Copies[], other: readonly Copies[]): Copies[] =>
  one.map(({ cluster, objects }, at) => ({
    cluster,
    objects: [...objects, ...(other[at]?.objects ?? [])],
  }));

const identity = (object: KubeObject): string => nameOf(object.kind ?? '', object);

const policies = ['AuthorizationPolicy', 'PeerAuthentication'];
const routing = ['DestinationRule', 'VirtualService'];

/** Objects that the file's Services want and a cluster lacks or has otherwise: routing, or policies. */
export function fileFindings(
  { topology }: Pick<CheckRunContext, 'topology'>,
  services: readonly ServiceSpec[],
  { copies, of }: { readonly copies: readonly Copies[]; readonly of: 'routing' | 'policies' },
): Finding[] {
  const kinds = of === 'routing' ? routing : policies;
  return services.flatMap((service) =>
    objectsOfService(topology, service)
      .filter(({ kind = '' }) => kinds.includes(kind))
      .flatMap((wanted) => copies.flatMap((copy) => ownFinding(wanted, copy))),
  );
}

const putBack = {
  withFile: 'isthmus up',
  byHand: 'apply what `isthmus render` writes for this cluster',
};

function ownFinding(wanted: KubeObject, { cluster, objects }: Copies): Finding[] {
  const { namespace, name } = refOf(wanted);
  const live = objects.find(
    ({ kind, metadata }) =>
      kind === wanted.kind && metadata?.name === name && metadata?.namespace === namespace,
  );
  const subject = { cluster, object: identity(wanted), fix: putBack };
  if (!live)
    return [
      {
        ...subject,
        message: 'is not there, though the file wants it',
        cause: 'somebody removed it, or isthmus up was not run since the file changed',
      },
    ];
  if (isDeepStrictEqual(live['spec'], wanted['spec'])) return [];
  return [
    {
      ...subject,
      message: 'says something else than the file',
      evidence: difference(wanted, live),
      cause: 'somebody changed it in this cluster, or isthmus up was not run since the file changed',
    },
  ];
}

const specOf = (object: KubeObject) => (object['spec'] ?? {}) as KubeObject;

const difference = (before: KubeObject, after: KubeObject): string =>
  diffObjects(specOf(before), specOf(after)).slice(0, 5).join('; ');

/**
 * Objects that say what is wanted of a host, that isthmus' file knows nothing of, and that only some
 * clusters have, or that differ. Whoever made them, each primary reads its own cluster only.
 */
export function foreignFindings(copies: readonly Copies[], services: readonly ServiceSpec[]): Finding[] {
  const ours = new Set(
    services.flatMap(({ name, namespace }) =>
      ['', '-access', '-residency'].map((intent) => `${namespace}/isthmus-${name}${intent}`),
    ),
  );
  const isForeign = ({ metadata }: KubeObject) => !ours.has(`${metadata?.namespace}/${metadata?.name}`);
  const names = new Set(copies.flatMap(({ objects }) => objects.filter(isForeign).map(identity)));
  return [...names].sort().flatMap((name) => {
    const found = copies.map(({ cluster, objects }) => ({
      cluster,
      object: objects.find((one) => identity(one) === name),
    }));
    const model = found.find((one): one is Present => one.object !== undefined);
    return model ? found.flatMap((one) => copyFinding(name, one, model)) : [];
  });
}

interface Found {
  readonly cluster: string;
  readonly object: KubeObject | undefined;
}

interface Present extends Found {
  readonly object: KubeObject;
}

function copyFinding(name: string, one: Found, model: Present): Finding[] {
  const subject = {
    cluster: one.cluster,
    object: name,
    cause: 'each primary reads its own cluster only, so callers of this cluster are treated differently',
  };
  const fix = `apply the one of ${model.cluster} here as well, or this one there`;
  if (!one.object) return [{ ...subject, message: `is in ${model.cluster} and not here`, fix }];
  if (isDeepStrictEqual(one.object['spec'], model.object['spec'])) return [];
  const evidence = difference(model.object, one.object);
  return [{ ...subject, message: `differs from the one in ${model.cluster}`, evidence, fix }];
}
