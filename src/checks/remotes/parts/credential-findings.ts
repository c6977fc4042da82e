import type { RemoteSecretState } from '../../../istio/index.ts';
import type { Remedy } from '../../../report/index.ts';
import type { IstioSpec } from '../../../topology/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { type Findings, failures, warnings } from '../../engine/findings.ts';
import { istiodReading } from './istiod-reading.ts';
import type { Holding, SecretSubject } from './secret-subject.ts';

/** What istiod signs in with, in words. */
export function nameOfCredential({ credential, credentialFrom }: Partial<RemoteSecretState>): string {
  if (credential === 'certificate') return 'client certificate';
  if (credential === 'password') return 'user name and password';
  return credentialFrom || 'token';
}

const bounded: Remedy = {
  withFile: 'isthmus up writes the secret anew, with a token that ends',
  byHand:
    'kubectl --context {peerContext} -n {peerIstioNamespace} create token istio-reader-service-account --duration=720h makes one that ends; put it in place of the token in the kubeconfig of this Secret, and again before it ends',
};

const day = 86_400_000;

export interface TokenContext {
  readonly subject: SecretSubject;
  readonly peer: string;
  readonly istio: Pick<IstioSpec, 'remoteAccess' | 'remoteSecretDays'>;
  readonly now?: Date;
}

/** Expired fails; under a quarter of its life warns, and one without an end by {@link endlessFindings}. */
export function tokenFindings(
  state: Pick<RemoteSecretState, 'life' | 'issued' | 'managed'> & Partial<RemoteSecretState>,
  context: TokenContext,
): Findings {
  const { life, credential = 'token' } = state;
  const { subject, peer, now = new Date() } = context;
  if (!life) return credential === 'token' ? endlessFindings(state, context) : failures();
  const what = nameOfCredential(state);
  const left = life.expires.getTime() - now.getTime();
  const ends = life.expires.toISOString();
  if (left <= 0)
    return failures({ ...subject, message: `its ${what} for ${peer} expired`, evidence: `expired ${ends}` });
  if (left >= (life.expires.getTime() - life.issued.getTime()) / 4) return failures();
  return warnings({
    ...subject,
    message: `its ${what} for ${peer} ends in ${(left / day).toFixed(1)} days`,
    evidence: `expires ${ends}`,
  });
}

/**
 * A token that lives by a Secret of its holder alone is as good as another while it is younger than
 * the days after which isthmus replaces it. Anybody else's warns.
 */
function endlessFindings(
  { issued, managed }: Pick<RemoteSecretState, 'issued' | 'managed'>,
  { subject, peer, istio, now = new Date() }: TokenContext,
): Findings {
  const days = Math.floor((now.getTime() - issued.getTime()) / day);
  const wanted = managed && istio.remoteAccess !== 'bounded';
  if (wanted && days < istio.remoteSecretDays) return failures();
  return warnings({
    ...subject,
    message: wanted
      ? `its token for ${peer} is ${days} days old, it was to be replaced after ${istio.remoteSecretDays}`
      : `its token for ${peer} never ends`,
    cause:
      'it comes from a Secret of type service-account-token; whoever reads it keeps access until that is deleted',
    ...(wanted ? {} : { fix: bounded }),
  });
}

interface Subject {
  readonly state: RemoteSecretState;
  readonly subject: SecretSubject;
}

/** With how it is known, where this machine cannot try it. */
type Acceptance = Findings & { readonly evidence: readonly string[] };

const without = (found: Findings): Acceptance => ({ ...found, evidence: [] });

/** A peer that does not answer is a result of its own; here its answer is only missing. */
export async function acceptance(
  pair: Holding,
  { state, subject }: Subject,
  context: CheckRunContext,
): Promise<Acceptance> {
  const { peer } = pair;
  const { name } = peer.spec;
  if (state.life && state.life.expires.getTime() <= Date.now()) return without(failures());
  if (!(await context.facts.answers(peer))) return without(warnings({ ...subject, ...unasked(name, state) }));
  const accepted = await state.acceptedBy(peer, { signal: context.signal });
  if (accepted === undefined) return untried(pair, { state, subject }, context);
  if (accepted) return without(failures());
  return without(
    failures({
      ...subject,
      message: `${name} does not accept its ${nameOfCredential(state)}`,
      cause:
        'its service account or the Secret that it is bound to was removed, or the cluster was made anew',
    }),
  );
}

const unasked = (name: string, state: RemoteSecretState) => ({
  message: `${name} could not be asked whether it accepts its ${nameOfCredential(state)}`,
  fix: {
    withFile: 'isthmus check clusters',
    byHand: 'kubectl --context {peerContext} get --raw /readyz?verbose',
  },
});

/** Only istiods can show that what this machine does not have is accepted. */
async function untried(
  pair: Holding,
  { state, subject }: Subject,
  context: CheckRunContext,
): Promise<Acceptance> {
  const what = nameOfCredential(state);
  const { name } = pair.peer.spec;
  const { verdict, why } = await istiodReading(pair, state, context);
  if (verdict === 'proven')
    return { ...failures(), evidence: [`${state.secret}: ${name} takes the ${what}: ${why}`] };
  return without(
    warnings({
      ...subject,
      message: `whether ${name} accepts its ${what} is not proven`,
      cause: `it cannot be tried from here, and ${why}`,
      fix: 'kubectl --context {context} -n {istioNamespace} logs deployment/istiod tells how istiod fares with it',
    }),
  );
}
