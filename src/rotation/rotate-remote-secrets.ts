import { isIsthmusError } from '../errors/index.ts';
import {
  type HeldPair,
  handOver,
  heldPairs,
  type IssuedToken,
  isAccepted,
  isInUse,
  revokeFormer,
  secondToken,
} from '../istio/index.ts';
import { allOf, NotReady, waitUntil } from '../process/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { RefusalProof, RotationReport } from '../report/index.ts';
import { type RotationContext, step } from './context.ts';
import { passGate } from './gates/gate.ts';
import { handshakes } from './gates/handshakes.ts';
import { Nudge } from './nudge.ts';
import { type RotateOptions, withLoad } from './with-load.ts';

export interface RotateRemoteSecretsOptions extends RotateOptions {
  /** Called before anything is changed. */
  readonly before?: (() => Promise<void>) | undefined;
}

/**
 * Give every cluster a new token for every other one, one holder at a time: a second token, tried at
 * its target, one update of the Secret, every istiod of the holder in sync with it and requests
 * answered, and only then the former one revoked; in the end every former token is shown to its target.
 * A run that was killed is begun anew by the next one, which revokes what was left over.
 */
export async function rotateRemoteSecrets(options: RotateRemoteSecretsOptions): Promise<RotationReport> {
  const { topology, clusters, plan, signal } = options;
  const started = Date.now();
  const pairs = await heldPairs(clusters, signal);
  const base: RotationReport = {
    mesh: topology.name,
    what: 'remote-secrets',
    end: plan ? 'planned' : 'done',
    from: [],
    position: Object.fromEntries(pairs.map((pair) => [nameOf(pair), tokenOf(pair)])),
    steps: [],
    seconds: 0,
    proofs: [],
    notes: [],
  };
  if (plan) return base;
  await options.before?.();
  // Long before any of them is revoked, so that nobody remembers a verdict by the time that they are shown.
  const inUse = new Map(await allOf(pairs.map(async (pair) => [pair, await isInUse(pair, signal)] as const)));
  const done = await withLoad(options, (context) => replaceAll(context, inUse));
  const seconds = (Date.now() - started) / 1000;
  return { ...base, ...done, seconds, end: done.error ? 'stopped' : 'done' };
}

const nameOf = ({ holder, target }: HeldPair): string => `${holder.spec.name} → ${target.spec.name}`;

function tokenOf({ held }: HeldPair): string {
  if (!held) return 'none';
  if (!held.token) return 'unreadable';
  const { access, life } = held.token;
  return life ? `${access}, ends on ${life.expires.toISOString().slice(0, 10)}` : access;
}

/** Every pair, and whether its holder may be reading with the token that it has. */
type Pairs = ReadonlyMap<HeldPair, boolean>;

async function replaceAll(context: RotationContext, pairs: Pairs): Promise<RotationReport['proofs']> {
  const revoked = new Map<HeldPair, readonly string[]>();
  for (const holder of context.clusters) {
    const own = new Map([...pairs].filter(([pair]) => pair.holder === holder));
    for (const [pair, names] of await replaceOf(context, holder, own)) revoked.set(pair, names);
  }
  return prove(context, revoked);
}

/** All tokens of one holder; what of the former ones was revoked, by pair. */
async function replaceOf(
  context: RotationContext,
  holder: MeshCluster,
  own: Pairs,
): Promise<ReadonlyMap<HeldPair, readonly string[]>> {
  const { topology, reporter, signal } = context;
  const phase = `tokens of ${holder.spec.name}`;
  const pairs = [...own.keys()];
  const act = <T>(title: string, work: (pair: HeldPair) => Promise<T>) =>
    step(context, { phase, title, clusters: [holder] }, () =>
      allOf(
        pairs.map(async (pair) => [pair, await work(pair)] as const),
        { names: pairs.map(nameOf), things: 'remote secrets' },
      ),
    );
  const issued = new Map<HeldPair, IssuedToken>(
    await act('a second token, tried at its target', (pair) =>
      secondToken(pair, { topology, reporter, signal }),
    ),
  );
  const tokenFor = (pair: HeldPair): IssuedToken => issued.get(pair) as IssuedToken;
  await act('every istiod reads with it, and knows the endpoints that it knew', (pair) =>
    handOver(pair, tokenFor(pair), { signal, inUse: own.get(pair) ?? false }),
  );
  await passGate(context, handshakes, {
    phase,
    clusters: context.clusters,
    expected: new Map(),
    nudge: new Nudge(signal),
  });
  return new Map(
    await act('the former token is revoked', (pair) => revokeFormer(pair, tokenFor(pair), signal)),
  );
}

/** API servers remember for ten seconds that a token is good. */
const verdictMs = 30_000;

async function prove(
  context: RotationContext,
  revoked: ReadonlyMap<HeldPair, readonly string[]>,
): Promise<RefusalProof[]> {
  const { clusters, signal } = context;
  return step(context, { phase: 'prove', title: 'every former token is refused', clusters }, async () => {
    const proofs = await allOf([...revoked].map(([pair, names]) => proofOf(pair, names, signal)));
    return proofs.flatMap((proof) => proof ?? []);
  });
}

/** Undefined if there was no token before. */
async function proofOf(
  { holder, target, held }: HeldPair,
  revoked: readonly string[],
  signal: AbortSignal,
): Promise<RefusalProof | undefined> {
  const { access, token } = held ?? {};
  if (!access) return undefined;
  const base = { cluster: target.spec.name, by: 'api-server' as const };
  const whose = `the token that ${holder.spec.name} held before`;
  const binding = token?.binding ?? 'of an unknown name';
  if (revoked.includes(binding)) {
    const since = Date.now();
    const refused = await isRefusedInTime(target, access.token, signal);
    const seconds = ((Date.now() - since) / 1000).toFixed(0);
    const detail = `${whose}, ${seconds} s after Secret ${binding} was deleted`;
    return { ...base, state: refused ? 'refused' : 'accepted', detail };
  }
  const taken = await isAccepted(target, access.token, signal);
  const stays = `${whose} lives by Secret ${binding}, which isthmus did not make for it alone; delete that when nobody needs it`;
  return taken
    ? { ...base, state: 'accepted', detail: stays }
    : { ...base, state: 'refused', detail: `${whose} was not good any more` };
}

async function isRefusedInTime(target: MeshCluster, token: string, signal: AbortSignal): Promise<boolean> {
  try {
    await waitUntil({ what: 'a revoked token to be refused', timeoutMs: verdictMs, signal }, async () => {
      if (await isAccepted(target, token, signal)) throw new NotReady('it is still taken');
    });
    return true;
  } catch (error) {
    if (isIsthmusError(error) && error.code === 'TIMED_OUT') return false;
    throw error;
  }
}
