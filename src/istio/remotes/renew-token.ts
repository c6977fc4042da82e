import { type IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { span } from '../../report/index.ts';
import {
  type HeldSecret,
  lifeOf,
  managedByIsthmus,
  readHeld,
  reasonToReplace,
  type SecretPair,
} from './remote-secret.ts';
import { dueDate, isDue, type TokenLife } from './remote-token.ts';
import { type ReplaceOptions, replaceToken } from './replace-token.ts';

export interface RenewTokenOptions extends ReplaceOptions {
  /** Change nothing. */
  readonly plan: boolean;
}

/** How the token of one ordered pair stands after a renewal. */
export interface TokenRenewal {
  readonly state: 'good' | 'due' | 'renewed' | 'failed' | 'unseen';
  readonly reason?: string | undefined;
  /** Of the token that is held now; its end is that of the days it is given where it has none itself. */
  readonly life?: TokenLife | undefined;
  readonly endless?: boolean | undefined;
  readonly renewFrom?: Date | undefined;
  readonly error?: IsthmusError | undefined;
}

/**
 * Replace the token of one pair if it is due, by the same rule as `ensureRemoteSecrets`. A Secret that
 * is not there or that somebody else made is left as it is. What fails is part of the answer, so that
 * no pair keeps another from its token; INTERRUPTED and defects are thrown.
 */
export async function renewToken(pair: SecretPair, options: RenewTokenOptions): Promise<TokenRenewal> {
  const held = await attempt(() => readHeld(pair, options.signal));
  if (held.error) return { state: 'unseen', reason: held.error.message, error: held.error };
  if (!held.value) return { state: 'failed', reason: 'there is none; isthmus up makes it' };
  const days = options.topology.istio.remoteSecretDays;
  const stands = standOf(held.value, days);
  if (!managedByIsthmus(held.value)) return { ...stands, ...foreign(held.value, days) };
  const seen = await attempt(() => reasonToReplace(pair, held.value, options));
  // What ends soon needs no look at its target to be known for due.
  const overdue = isDue(lifeOf(held.value, days)) ? 'under a third of its life is left' : undefined;
  if (seen.error && !overdue) return { ...stands, state: 'unseen', reason: seen.error.message, ...seen };
  const reason = seen.value ?? overdue;
  if (!reason) return { ...stands, state: 'good' };
  if (options.plan) return { ...stands, state: 'due', reason };
  return renew(pair, { held: held.value, reason }, options);
}

async function renew(
  pair: SecretPair,
  { held, reason }: { held: HeldSecret; reason: string },
  options: RenewTokenOptions,
): Promise<TokenRenewal> {
  const { reporter, signal, topology } = options;
  const days = topology.istio.remoteSecretDays;
  const what = { title: `token for ${pair.target.spec.name}`, cluster: pair.holder.spec.name };
  const done = await attempt(() =>
    span(reporter, what, async () => {
      await replaceToken({ ...pair, held }, options);
      return readHeld(pair, signal);
    }),
  );
  if (done.error || !done.value) return { ...standOf(held, days), state: 'failed', reason, ...done };
  return { ...standOf(done.value, days), state: 'renewed', reason };
}

function standOf(held: HeldSecret, days: number) {
  const life = lifeOf(held, days);
  return { life, endless: held.token?.life === undefined, renewFrom: dueDate(life) };
}

function foreign(held: HeldSecret, days: number): Pick<TokenRenewal, 'state' | 'reason'> {
  const due = held.token?.life !== undefined && isDue(lifeOf(held, days));
  const reason = 'somebody else made its Secret';
  return due ? { state: 'failed', reason: `${reason}, and it ends soon` } : { state: 'good', reason };
}

type Attempt<T> = { readonly value?: T; readonly error?: IsthmusError };

async function attempt<T>(work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!isIsthmusError(error) || error.source === 'interrupted' || error.source === 'bug') throw error;
    return { error };
  }
}
