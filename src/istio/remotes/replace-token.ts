import type { ObjectChange } from '../../kubernetes/index.ts';
import { note, type Reporter } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import { bindingRef, isSettled, listBindings } from './bindings.ts';
import {
  type IssuedToken,
  isAccepted,
  issueToken,
  type ProvenReaders,
  requireAccess,
} from './issue-token.ts';
import { type HeldSecret, type SecretPair, secretOf } from './remote-secret.ts';
import { daysOf, isShort } from './remote-token.ts';
import { observeHolder, waitForTakeover } from './takeover.ts';

export interface ReplaceOptions {
  readonly topology: Topology;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Shared by the pairs of a run; every token is asked for all its rights when undefined. */
  readonly proven?: ProvenReaders | undefined;
}

/** A pair with the Secret it holds now, if any. */
export interface HeldPair extends SecretPair {
  readonly held: HeldSecret | undefined;
}

/**
 * Give a holder a new token for a target without a moment in which it has none: a second token beside
 * the first, tried out, one update of the same Secret, every istiod pod in sync with it, and only
 * then the first revoked. Where it stops half-way the first token stays good, and what is
 * left over is removed by the next run.
 */
export async function replaceToken(pair: HeldPair, options: ReplaceOptions): Promise<ObjectChange> {
  const issued = await secondToken(pair, options);
  const { signal } = options;
  const change = await handOver(pair, issued, { signal, inUse: await isInUse(pair, signal) });
  await revokeFormer(pair, issued, options.signal);
  return change;
}

/** A token beside the one that a holder has, which its target lets read all that an istiod needs. */
export async function secondToken(pair: SecretPair, options: ReplaceOptions): Promise<IssuedToken> {
  const { holder, target } = pair;
  const { topology, signal } = options;
  const { remoteAccess: mode, remoteSecretDays: days } = topology.istio;
  const issued = await issueToken(target, holder.spec.name, { mode, days, signal });
  tellOfShort(pair, issued, options);
  await requireAccess({ holder, target, token: issued.token }, signal, options.proven);
  return issued;
}

/** How a token is handed over. */
export interface HandOverOptions {
  /** {@link isInUse} of the former one. */
  readonly inUse: boolean;
  readonly signal: AbortSignal;
}

/** Put a token into the holder's Secret by one update; resolves when every istiod pod reads with it. */
export async function handOver(
  pair: HeldPair,
  issued: IssuedToken,
  { inUse, signal }: HandOverOptions,
): Promise<ObjectChange> {
  const secret = await secretOf(pair, issued, signal);
  const before = inUse ? await observeHolder(pair, signal) : undefined;
  const { change } = await pair.holder.kube.apply(secret, { signal });
  if (before) await waitForTakeover(pair, before, { signal });
  return change;
}

/**
 * May the holder's istiods be reading with the token that it has? Then they must not be without it for a moment. The
 * target's API server takes that token for ten seconds from now on, even if it is revoked.
 */
export async function isInUse({ target, held }: HeldPair, signal: AbortSignal): Promise<boolean> {
  const { access } = held ?? {};
  const isReached = access?.server === target.kube.connection.apiServerForPeers;
  return access !== undefined && isReached && isAccepted(target, access.token, signal);
}

/**
 * Revoke the token that a holder had before the issued one, and those that replacements which were cut
 * off left behind. Returns the names of the Secrets in the target that were deleted; one that
 * isthmus did not make for this holder stays.
 */
export async function revokeFormer(
  { holder, target, held }: HeldPair,
  issued: IssuedToken,
  signal: AbortSignal,
): Promise<string[]> {
  const own = await listBindings(target, { holder: holder.spec.name, signal });
  const former = held?.token?.binding;
  const revoked = own
    .filter((binding) => binding.name !== issued.binding)
    .filter((binding) => binding.name === former || isSettled(binding))
    .map(({ name }) => name);
  for (const name of revoked) await target.kube.remove(bindingRef(target.spec, name), { signal });
  return revoked;
}

function tellOfShort({ holder, target }: SecretPair, issued: IssuedToken, options: ReplaceOptions): void {
  const { reporter, topology } = options;
  const days = topology.istio.remoteSecretDays;
  const { granted, access, binding } = issued;
  if (!granted || !isShort(granted, days)) return;
  const name = target.spec.name;
  const short = `${name} granted ${holder.spec.name} ${daysOf(granted).toFixed(1)} of the ${days} days asked for`;
  if (access === 'bounded')
    note(reporter, {
      level: 'warn',
      code: 'TOKEN_SHORTENED',
      message: `${short}; run isthmus up before ${granted.expires.toISOString()}, or set spec.istio.remoteAccess: auto`,
      cluster: name,
    });
  else
    note(reporter, {
      level: 'info',
      code: 'TOKEN_SECRET_BOUND',
      message: `${short}; its token lives by Secret ${binding} instead`,
      cluster: name,
    });
}
