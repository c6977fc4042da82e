import type { ObjectChange } from '../../kubernetes/index.ts';
import { note, type Reporter } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import { bindingRef, listBindings } from './bindings.ts';
import { type IssuedToken, isAccepted, issueToken, requireAccess } from './issue-token.ts';
import type { RemoteAccess } from './remote-kubeconfig.ts';
import { type HeldSecret, type SecretPair, secretOf } from './remote-secret.ts';
import { daysOf, isShort } from './remote-token.ts';
import { observeHolder, waitForTakeover } from './takeover.ts';

export interface ReplaceOptions {
  readonly topology: Topology;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

export interface Replacement {
  readonly change: ObjectChange;
  readonly issued: IssuedToken;
  /** Names of the Secrets in the target that were deleted, and whose tokens with them. */
  readonly revoked: readonly string[];
}

/**
 * Give a holder a new token for a target without a moment in which it has none: a second token beside
 * the first, tried out, one update of the same Secret, every istiod pod in sync with it, and only
 * then the first revoked. Where it stops half-way the first token stays good, and what is
 * left over is removed by the next run.
 */
export async function replaceToken(
  pair: SecretPair,
  held: HeldSecret | undefined,
  options: ReplaceOptions,
): Promise<Replacement> {
  const { holder, target } = pair;
  const { topology, signal } = options;
  const { remoteAccess: mode, remoteSecretDays: days } = topology.istio;
  const issued = await issueToken(target, holder.spec.name, { mode, days, signal });
  tellOfShort(pair, issued, options);
  await requireAccess(target, issued.token, signal);
  const former = held?.access && (await isInUse(pair, held.access, signal));
  const before = former ? await observeHolder(pair, signal) : undefined;
  const { change } = await holder.kube.apply(secretOf(pair, issued), { signal });
  if (before) await waitForTakeover(pair, before, { signal });
  const revoked = held?.token?.binding ? await revoke(pair, [held.token.binding], signal) : [];
  return { change, issued, revoked };
}

/** May the holder's istiods be reading with this one now? Then they must not be without it for a moment. */
async function isInUse({ target }: SecretPair, access: RemoteAccess, signal: AbortSignal): Promise<boolean> {
  const right = access.server === target.kube.connection.apiServerForPeers;
  return right && isAccepted(target, access.token, signal);
}

/** Delete those of the named Secrets that isthmus made for this holder; returns their names. */
async function revoke(
  { holder, target }: SecretPair,
  names: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const own = await listBindings(target, { holder: holder.spec.name, signal });
  const doomed = own.map(({ name }) => name).filter((name) => names.includes(name));
  for (const name of doomed) await target.kube.remove(bindingRef(name), { signal });
  return doomed;
}

function tellOfShort({ holder, target }: SecretPair, issued: IssuedToken, options: ReplaceOptions): void {
  const { reporter, topology } = options;
  const days = topology.istio.remoteSecretDays;
  const { granted, access, binding } = issued;
  if (!granted || !isShort(granted, days)) return;
  const name = target.spec.name;
  const short = `${name} granted ${holder.spec.name} ${daysOf(granted).toFixed(1)} of the ${days} days asked for`;
  if (access === 'bounded')
    note(
      reporter,
      'warn',
      'TOKEN_SHORTENED',
      `${short}; run isthmus up before ${granted.expires.toISOString()}, or set spec.istio.remoteAccess: auto`,
      { cluster: name },
    );
  else
    note(reporter, 'info', 'TOKEN_SECRET_BOUND', `${short}; its token lives by Secret ${binding} instead`, {
      cluster: name,
    });
}
