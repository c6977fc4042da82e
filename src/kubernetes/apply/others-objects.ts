import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { refusalStatus } from '../client/api-error.ts';
import { describeRef, refOf } from '../object-ref.ts';
import type { CallOptions, KubeClient, KubeObject, ObjectRef } from '../types.ts';
import { isMarked } from './creation-mark.ts';

/** Whether an object is there by itself, as one that controllers write into a namespace. */
export type IsAutomatic = (object: KubeObject) => boolean;

export interface OthersOptions extends CallOptions {
  /** Beside what Kubernetes itself puts into every namespace. */
  readonly isAutomatic?: IsAutomatic | undefined;
}

/**
 * What the removal of a namespace or of a custom resource definition would take along that isthmus did
 * not make; empty for every other kind. What cannot be looked at counts as somebody's.
 */
export async function othersObjects(
  client: KubeClient,
  owner: KubeObject,
  options: OthersOptions,
): Promise<string[]> {
  const kinds = await kindsWithin(client, owner, options);
  const found = await Promise.all(kinds.map((kind) => othersOfKind(client, kind, options)));
  return found.flat().sort();
}

interface Within {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string | undefined;
}

interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly served: boolean }[];
}

async function kindsWithin(client: KubeClient, owner: KubeObject, options: CallOptions): Promise<Within[]> {
  if (owner.kind === 'CustomResourceDefinition') {
    const spec = owner['spec'] as DefinitionSpec | undefined;
    const served = spec?.versions.find((version) => version.served);
    return spec && served ? [{ apiVersion: `${spec.group}/${served.name}`, kind: spec.names.kind }] : [];
  }
  if (owner.kind !== 'Namespace') return [];
  const namespace = owner.metadata?.name;
  return (await namespacedKinds(client, options)).map((kind) => ({ ...kind, namespace }));
}

interface Groups {
  readonly groups?: readonly { readonly preferredVersion: { readonly groupVersion: string } }[];
}

interface Resources {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs?: readonly string[];
  }[];
}

/** Kinds of which objects are kept in namespaces; what is only computed, such as metrics, cannot be created. */
async function namespacedKinds(
  client: KubeClient,
  options: CallOptions,
): Promise<Omit<Within, 'namespace'>[]> {
  const { groups = [] } = JSON.parse(await client.raw('/apis', options)) as Groups;
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const lists = await Promise.all(
    versions.map(async (apiVersion) => {
      const path = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
      const { resources = [] } = await resourcesAt(client, path, options);
      return resources
        .filter(({ name, namespaced, verbs = [] }) => {
          return namespaced && !name.includes('/') && verbs.includes('list') && verbs.includes('create');
        })
        .map(({ kind }) => ({ apiVersion, kind }));
    }),
  );
  return lists.flat().filter(({ kind }) => !transientKinds.has(kind));
}

/** A group may go while it is asked for, as definitions are removed beside namespaces. */
async function resourcesAt(client: KubeClient, path: string, options: CallOptions): Promise<Resources> {
  try {
    return JSON.parse(await client.raw(path, options)) as Resources;
  } catch (error) {
    if (refusalStatus(error) === 404) return {};
    throw error;
  }
}

/** Written by the cluster itself about other objects. */
const transientKinds: ReadonlySet<string> = new Set(['Event', 'Endpoints', 'EndpointSlice', 'Lease']);

async function othersOfKind(client: KubeClient, kind: Within, options: OthersOptions): Promise<string[]> {
  const { apiVersion, namespace, kind: name } = kind;
  try {
    const objects = await client.list(apiVersion, name, { namespace, signal: options.signal });
    return objects.filter((object) => isOthers(object, options)).map((object) => describeRef(refOf(object)));
  } catch (error) {
    if (!isIsthmusError(error) || refusalStatus(error) === undefined) throw error;
    if (refusalStatus(error) === 404) return [];
    return [`${name} objects, which cannot be looked at: ${messageOf(error)}`];
  }
}

function isOthers(object: KubeObject, { isAutomatic }: OthersOptions): boolean {
  const { metadata = {} } = object;
  if (metadata.deletionTimestamp || metadata.ownerReferences?.length) return false;
  return !isMadeByIsthmus(object) && !isStandard(refOf(object)) && isAutomatic?.(object) !== true;
}

/** Secrets and lists are never taken over from others, and bear the label alone. */
export function isMadeByIsthmus(object: KubeObject): boolean {
  const labels = object.metadata?.labels ?? {};
  const labelled = labels['app.kubernetes.io/managed-by'] === 'isthmus';
  return isMarked(object) || (labelled && object.kind === 'Secret') || 'isthmus.io/inventory' in labels;
}

/** What every namespace has. */
const isStandard = ({ kind, name }: ObjectRef): boolean =>
  (kind === 'ServiceAccount' && name === 'default') || (kind === 'ConfigMap' && name === 'kube-root-ca.crt');
