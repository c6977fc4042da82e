import pLimit from 'p-limit';
import { isIsthmusError } from '../../errors/index.ts';
import { type ObjectChange, refOf } from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { istioNamespaceOf, type Topology } from '../../topology/index.ts';
import { bindingRef, HOLDER_LABEL, isSettled, listBindings } from './bindings.ts';
import { authorityForPeers } from './peer-authority.ts';
import {
  heldReader,
  MULTI_CLUSTER,
  readHeld,
  reasonToReplace,
  remoteSecretRef,
  type SecretPair,
} from './remote-secret.ts';
import { type HeldPair, type ReplaceOptions, replaceToken } from './replace-token.ts';

export interface RemoteSecretsOptions {
  readonly topology: Topology;
  /** Those that can be reached; secrets are exchanged among them. */
  readonly clusters: readonly MeshCluster[];
  /** Those with which secrets are exchanged as well, and in which nothing else is changed. */
  readonly others?: readonly MeshCluster[] | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Change nothing and say what would change. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Give every cluster's istiod a token for every other cluster's API server. A Secret stays as it is
 * while its address and authority are right, over a third of its token's life is left and its
 * target still takes the token. Secrets for clusters that the file no longer has are removed, if
 * isthmus made them. A pair that fails keeps no other from its token; what is thrown names each.
 */
export async function ensureRemoteSecrets(options: RemoteSecretsOptions): Promise<ObjectChange[]> {
  const { clusters } = options;
  // API servers throttle a client that asks for hundreds of tokens at once.
  const limit = pLimit(16);
  const concerns = ({ holder, target }: SecretPair) => clusters.includes(holder) || clusters.includes(target);
  const pairs = pairsOf(everyCluster(options)).filter(concerns);
  const asked = { ...options, read: heldReader(options.signal), proven: new Map() };
  const ensured = forEachPair(pairs, (pair) => limit(() => ensurePair(asked, pair)));
  const over = ensured.then(
    () => undefined,
    () => undefined,
  );
  const removed = over.then(() => {
    // Not what was there before: tokens have been replaced since.
    const after = { ...options, read: heldReader(options.signal) };
    return allOf(
      clusters.map((cluster) => limit(() => removeStale(after, cluster))),
      { names: clusters.map(({ spec }) => spec.name), things: 'clusters' },
    );
  });
  const [changes, removals] = await allOf([ensured, removed]);
  return [...changes, ...removals.flat()];
}

/** With the one reader of what holders have by which all pairs are looked at. */
interface ReadingOptions extends RemoteSecretsOptions, Pick<ReplaceOptions, 'proven'> {
  readonly read: ReturnType<typeof heldReader>;
}

const everyCluster = ({ clusters, others = [] }: RemoteSecretsOptions) => [...clusters, ...others];

/** Every ordered pair of these clusters with the Secret that its holder has; changes nothing. */
export function heldPairs(clusters: readonly MeshCluster[], signal: AbortSignal): Promise<HeldPair[]> {
  const read = heldReader(signal);
  return eachPair(clusters, async (pair) => ({ ...pair, held: await read(pair) }));
}

/** Work on every ordered pair of clusters at once, and wait for all of them. */
export function eachPair<T>(
  clusters: readonly MeshCluster[],
  work: (pair: SecretPair) => Promise<T>,
): Promise<T[]> {
  return forEachPair(pairsOf(clusters), work);
}

const pairsOf = (clusters: readonly MeshCluster[]): SecretPair[] =>
  clusters.flatMap((holder) =>
    clusters.filter((target) => target !== holder).map((target) => ({ holder, target })),
  );

function forEachPair<T>(pairs: readonly SecretPair[], work: (pair: SecretPair) => Promise<T>): Promise<T[]> {
  const names = pairs.map(({ holder, target }) => `${holder.spec.name} → ${target.spec.name}`);
  return allOf(pairs.map(work), { names, things: 'remote secrets' });
}

async function ensurePair(options: ReadingOptions, pair: SecretPair): Promise<ObjectChange> {
  const { holder, target } = pair;
  const title = `access to ${target.spec.name}`;
  return span(options.reporter, { title, cluster: holder.spec.name }, async (handle) => {
    const held = await options.read(pair);
    if (options.dryRun) {
      const change = await plannedChange({ ...pair, held }, options);
      if (change.action === 'none') handle.ends('unchanged');
      return change;
    }
    const reason = await reasonToReplace(pair, held, options);
    // As it is by now: what the former token was decides which one is revoked.
    if (reason)
      return replaceToken({ ...pair, held: held && (await readHeld(pair, options.signal)) }, options);
    handle.ends('unchanged');
    return changeOf(pair, 'none', []);
  });
}

/** What would be written, or why it would be refused: nobody is to learn that after half an hour of building. */
async function plannedChange(pair: HeldPair, options: RemoteSecretsOptions): Promise<ObjectChange> {
  const { held, target } = pair;
  const action = held ? 'update' : 'create';
  try {
    const reason = await reasonToReplace(pair, held, options);
    if (!reason) return changeOf(pair, 'none', []);
    await authorityForPeers(target, options.signal);
    return changeOf(pair, action, held ? [reason] : []);
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'KUBECONFIG_INVALID') throw error;
    return changeOf(pair, action, [`up refuses: ${error.message}`]);
  }
}

/** Access to clusters, and what tokens of holders live by, that nothing needs any more. */
async function removeStale(options: ReadingOptions, cluster: MeshCluster): Promise<ObjectChange[]> {
  const { topology, signal, dryRun } = options;
  const names = new Set(topology.clusters.map(({ name }) => name));
  const remotes = await cluster.kube.list('v1', 'Secret', {
    namespace: istioNamespaceOf(cluster.spec),
    labelSelector: MULTI_CLUSTER,
    signal,
  });
  const strangers = remotes.filter(
    ({ metadata }) => !names.has(metadata?.annotations?.['networking.istio.io/cluster'] ?? ''),
  );
  const stale = [
    ...strangers.map(refOf),
    ...(await staleBindings(options, cluster)).map((name) => bindingRef(cluster.spec, name)),
  ];
  if (!dryRun) for (const ref of stale) await cluster.kube.remove(ref, { signal });
  return stale.map((object) => ({ cluster: cluster.spec.name, object, action: 'remove', diff: [] }));
}

/** Of holders that the file does not have, and left by replacements that were cut off. */
async function staleBindings(options: ReadingOptions, target: MeshCluster): Promise<string[]> {
  const { topology, signal, read } = options;
  const bindings = await listBindings(target, { signal });
  const used = new Map(
    await Promise.all(
      everyCluster(options)
        .filter((holder) => holder !== target)
        .map(async (holder) => [holder.spec.name, await read({ holder, target })] as const),
    ),
  );
  return bindings
    .filter((binding) => {
      const { name, holder } = binding;
      if (!topology.clusters.some((one) => one.name === holder)) return true;
      if (!used.has(holder)) return false;
      return used.get(holder)?.token?.binding !== name && isSettled(binding);
    })
    .map(({ name }) => name);
}

/** Take away what {@link ensureRemoteSecrets} put into a cluster, bindings included; gone is success. */
export async function removeRemoteSecrets(cluster: MeshCluster, signal: AbortSignal): Promise<void> {
  for (const labelSelector of [MULTI_CLUSTER, HOLDER_LABEL]) {
    const secrets = await cluster.kube.list('v1', 'Secret', {
      namespace: istioNamespaceOf(cluster.spec),
      labelSelector,
      signal,
    });
    for (const secret of secrets) await cluster.kube.remove(refOf(secret), { signal });
  }
}

/** Revoke every token by which one holder reads a target, at once; gone is success. */
export async function revokeRemoteAccess(
  target: MeshCluster,
  holder: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { name } of await listBindings(target, { holder, signal }))
    await target.kube.remove(bindingRef(target.spec, name), { signal });
}

const changeOf = (
  { holder, target }: SecretPair,
  action: ObjectChange['action'],
  diff: readonly string[],
): ObjectChange => ({
  cluster: holder.spec.name,
  object: remoteSecretRef(holder.spec, target.spec.name),
  action,
  diff,
});
