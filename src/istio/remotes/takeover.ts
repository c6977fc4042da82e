import { NotReady, waitUntil } from '../../process/index.ts';
import { peerShards } from '../endpoints/shards.ts';
import { remoteClusterStatus } from '../observe/istiod.ts';
import { runningIstiods } from '../observe/running-pods.ts';
import { istiodLog, lastKubeconfigLine } from './kubeconfig-log.ts';
import type { SecretPair } from './remote-secret.ts';

/** What one istiod pod of a holder said and knew of a target at one moment. */
interface IstiodObservation {
  /** Last line of its log that tells of a kubeconfig for the target; undefined if it told of none. */
  readonly told: string | undefined;
  /** Pod addresses in the target by service host, sorted. */
  readonly shards: Readonly<Record<string, readonly string[]>>;
}

/** What every ready istiod pod of a holder knew of a target, by pod. */
export type HolderObservation = ReadonlyMap<string, IstiodObservation>;

/** Look before a kubeconfig is replaced, for {@link waitForTakeover} to compare with. */
export async function observeHolder(pair: SecretPair, signal: AbortSignal): Promise<HolderObservation> {
  const pods = await runningIstiods(pair.holder, { signal });
  const seen = await Promise.all(
    pods.map(async ({ name }) => {
      const [told, shards] = await Promise.all([lastTold(pair, name, signal), shardsOf(pair, name, signal)]);
      return [name, { told, shards }] as const;
    }),
  );
  return new Map(seen);
}

/**
 * Resolves when every istiod pod of the holder reads the target with its new kubeconfig: it has told of
 * an update since `before`, is synced, and knows the same endpoints in the target as before, or as the
 * target's own istiod does. A swap (istiod 1.31) keeps the old reading until then. TIMED_OUT
 * says which pod lacks what.
 */
export async function waitForTakeover(
  pair: SecretPair,
  before: HolderObservation,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  const { holder, target } = pair;
  await waitUntil(
    {
      what: `the istiods of ${holder.spec.name} to read ${target.spec.name} with their new token`,
      timeoutMs: 60_000,
      delayMs: 300,
      maxDelayMs: 500,
      signal,
      hint: 'the former token is still good; look at isthmus check remotes shards, then run the command again',
    },
    async () => {
      const pods = await runningIstiods(holder, { signal });
      for (const { name } of pods)
        await requireTakenOver(pair, { pod: name, before: before.get(name) }, signal);
    },
  );
}

async function requireTakenOver(
  pair: SecretPair,
  { pod, before }: { pod: string; before: IstiodObservation | undefined },
  signal: AbortSignal,
): Promise<void> {
  const peer = pair.target.spec.name;
  // A pod that has come since read the new kubeconfig when it started.
  if (before && (await lastTold(pair, pod, signal)) === before.told)
    throw new NotReady(`${pod} has not read the new kubeconfig`);
  const status = (await remoteClusterStatus(pair.holder, pod, { signal })).find(({ id }) => id === peer);
  if (status?.syncStatus !== 'synced')
    throw new NotReady(`${pod} says of ${peer}: ${status?.syncStatus ?? 'unknown'}`);
  const shards = await shardsOf(pair, pod, signal);
  if (before && same(shards, before.shards)) return;
  const differs = await differenceFromTarget(pair, shards, signal);
  if (differs) throw new NotReady(`${pod} and ${peer}’s own istiod differ on ${differs}`);
}

const same = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);

const shardsOf = ({ holder, target }: SecretPair, pod: string, signal: AbortSignal) =>
  peerShards({ cluster: holder, pod, peer: target.spec.name }, { signal });

/** Pods come and go while a token is replaced: then the target's own istiod says what is right. */
async function differenceFromTarget(
  { target }: SecretPair,
  shards: IstiodObservation['shards'],
  signal: AbortSignal,
): Promise<string | undefined> {
  const [istiod] = await runningIstiods(target, { signal });
  if (!istiod) return 'everything, for it has no istiod';
  const own = await peerShards({ cluster: target, pod: istiod.name, peer: target.spec.name }, { signal });
  const hosts = [...new Set([...Object.keys(own), ...Object.keys(shards)])];
  return hosts.find((host) => !same(own[host] ?? [], shards[host] ?? []));
}

async function lastTold(
  { holder, target }: SecretPair,
  pod: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return lastKubeconfigLine(await istiodLog(holder, pod, signal), target.spec.name);
}
