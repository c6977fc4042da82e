import type { RemoteSecretState } from '../../../istio/index.ts';
import { sameAddress } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { type IstiodReading, istiodReading } from './istiod-reading.ts';
import type { Holding, SecretSubject } from './secret-subject.ts';

/** What is made of a remote secret that goes by another address, or another authority, than isthmus knows. */
export interface OtherAddress {
  readonly problems: readonly Finding[];
  /** It may be right, and nothing shows it. */
  readonly doubts: readonly Finding[];
  /** How it is known that the address is right; none where it is not. */
  readonly evidence: readonly string[];
}

interface Suspect {
  readonly state: RemoteSecretState;
  readonly subject: SecretSubject;
  readonly problems: readonly Finding[];
}

const wrong = (problems: readonly Finding[]): OtherAddress => ({ problems, doubts: [], evidence: [] });
const right = (...evidence: string[]): OtherAddress => ({ problems: [], doubts: [], evidence });

/**
 * Contexts and files say how this machine reaches an API server, not how its peers are to: by a proxy, a
 * private endpoint, a translated address. Another one is right if it is proven to lead to the peer; wrong if another
 * cluster is there, or istiods do not get in by it; and otherwise a doubt.
 */
export async function judgeOtherAddress(
  pair: Holding,
  suspect: Suspect,
  context: CheckRunContext,
): Promise<OtherAddress> {
  const { state, problems } = suspect;
  if (problems.length === 0) return right();
  const { spec, kube } = pair.peer;
  const { apiServerForPeers } = kube.connection;
  const isElsewhere = !sameAddress(state.server, apiServerForPeers);
  // It means the asking pod itself, whoever answers here.
  if (isLoopback(state.server) && !isLoopback(apiServerForPeers)) return wrong(problems);
  const owner = isElsewhere ? await ownerOf(state, pair.peer, context) : undefined;
  if (owner) return wrong(problems.map((one) => ledAstray(one, `it is that of ${owner}`)));
  const otherwise = isElsewhere ? `is not ${apiServerForPeers}` : 'is verified otherwise than here';
  const known = `${state.secret}: ${state.server} ${otherwise}, but leads to ${spec.name}`;
  // Who answers says more than that somebody does, as an istiod in sync shows.
  const answer = await state.leadsTo(pair.peer, { signal: context.signal });
  if (answer === 'it') return right(`${known}: the same kube-system is there`);
  if (answer === 'another')
    return wrong(problems.map((one) => ledAstray(one, 'another cluster answers there')));
  const reading = await istiodReading(pair, state, context);
  if (reading.verdict === 'proven') return right(`${known}: ${reading.why}`);
  if (isElsewhere && reading.verdict === 'unknown')
    return { problems: [], doubts: [doubt(pair.peer, suspect, reading)], evidence: [] };
  return wrong(problems.map((one) => unproven(one, reading)));
}

const isLoopback = (url: string): boolean =>
  URL.canParse(url) && /^(localhost$|127\.|\[::1\]$)/.test(new URL(url).hostname);

/** Another cluster of the mesh that has this very address; behind one gateway each has a name of its own. */
async function ownerOf(
  { server, serverName, proxy }: RemoteSecretState,
  peer: MeshCluster,
  { clusters, facts }: CheckRunContext,
): Promise<string | undefined> {
  // Behind a proxy the same address may be somebody else's.
  if (proxy) return undefined;
  for (const one of clusters) {
    if (one === peer || !(await facts.answers(one))) continue;
    const { apiServerForPeers, serverNameForPeers = '' } = one.kube.connection;
    if (sameAddress(server, apiServerForPeers) && serverName === serverNameForPeers) return one.spec.name;
  }
  return undefined;
}

const ledAstray = (problem: Finding, how: string): Finding => ({
  ...problem,
  message: `${problem.message}; ${how}`,
  cause: 'a proxy, a translated address or a name leads to the wrong cluster',
});

const restart = 'kubectl --context {context} -n {istioNamespace} rollout restart deployment/istiod';

/** What would show that an address that this machine does not reach is right. */
const unproven = (problem: Finding, { why }: IstiodReading): Finding => ({
  ...problem,
  cause: `${problem.cause ?? ''}; if it is meant to go by another way, an istiod that begins now shows it: ${restart}`,
  evidence: why,
});

const doubt = (
  { spec, kube }: MeshCluster,
  { state, subject }: Suspect,
  { why }: IstiodReading,
): Finding => ({
  ...subject,
  message: `names ${state.server} as the API server of ${spec.name}, which is ${kube.connection.apiServerForPeers} from here; it is not proven to lead there`,
  cause: `this machine does not reach it, and ${why}; it is right if peers are meant to go by another way`,
  fix: `an istiod that begins now shows it: ${restart}`,
});
