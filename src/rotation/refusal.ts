import { isIsthmusError } from '../errors/index.ts';
import {
  MUTUAL_GATEWAY_PORT,
  mutualGateway,
  proxyPods,
  SAMPLE_NAMESPACE,
  type StartedPod,
} from '../istio/index.ts';
import { refOf } from '../kubernetes/index.ts';
import { type HandshakeVerdict, type ProbePod, tryHandshake } from '../load/index.ts';
import type { Credential } from '../pki/index.ts';
import { NotReady, waitUntil } from '../process/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { RefusalProof } from '../report/index.ts';
import { hostPort } from '../topology/index.ts';
import { onEach, type RotationContext, step } from './context.ts';
import { observeTrust } from './observation.ts';
import { leafOf } from './old-leaf.ts';

const phase = 'prove';
const title = 'a certificate of the old root is refused';

/** A place that asks for the mesh's certificates, and what a good certificate gets there. */
interface Door {
  readonly by: RefusalProof['by'];
  readonly address: string;
  readonly host: string;
}

/**
 * Show a certificate of the old root to a sidecar and to a gateway of each cluster. Each try is
 * followed by the same one with a good certificate: a door that takes nobody proves nothing.
 */
export async function proveRefusal(
  context: RotationContext,
  old: Credential | undefined,
): Promise<RefusalProof[]> {
  const { clusters } = context;
  if (!old) return clusters.flatMap(({ spec }) => doorKinds.map((by) => notAnymore(spec.name, by)));
  return step(context, { phase, title, clusters }, async () => {
    const all = await onEach(clusters, (cluster) => proveIn(cluster, context, old));
    return all.flat();
  });
}

const doorKinds = ['sidecar', 'gateway'] as const;

const notAnymore = (cluster: string, by: RefusalProof['by']): RefusalProof => ({
  cluster,
  by,
  state: 'unproven',
  detail: 'no key of the old authority is here any more to make a certificate with',
});

async function proveIn(
  cluster: MeshCluster,
  context: RotationContext,
  old: Credential,
): Promise<RefusalProof[]> {
  const { signal } = context;
  const pods = await proxyPods(cluster, { signal });
  const from = callerAmong(pods, cluster);
  const doors = doorsAmong(pods);
  await cluster.kube.apply(mutualGateway(), { signal });
  try {
    const [observation] = await observeTrust([cluster], signal);
    const good = observation && (await leafOf(observation, context.topology));
    if (!from || !good)
      return doorKinds.map((by) => unproven(cluster, by, 'there is no sleep pod to try from'));
    const proofs: RefusalProof[] = [];
    for (const by of doorKinds) {
      const door = doors.find((one) => one.by === by);
      proofs.push(
        door
          ? await proveAt(door, { context, from, old, good })
          : unproven(cluster, by, `there is no ${by} to try`),
      );
    }
    return proofs;
  } finally {
    await cluster.kube.remove(refOf(mutualGateway()), { signal: AbortSignal.timeout(30_000) });
  }
}

const unproven = (cluster: MeshCluster, by: RefusalProof['by'], detail: string): RefusalProof => ({
  cluster: cluster.spec.name,
  by,
  state: 'unproven',
  detail,
});

/** The proxy's own container: what its user sends does not go through the proxy. */
function callerAmong(pods: readonly StartedPod[], cluster: MeshCluster): ProbePod | undefined {
  const pod = pods.find(
    ({ namespace, labels }) => namespace === SAMPLE_NAMESPACE && labels['app'] === 'sleep',
  );
  if (!pod) return undefined;
  const { namespace, name, node } = pod;
  return { cluster, namespace, name, node, container: 'istio-proxy', folder: '/etc/istio/proxy' };
}

function doorsAmong(pods: readonly StartedPod[]): Door[] {
  const sidecar = pods.find(
    ({ namespace, labels }) => namespace === SAMPLE_NAMESPACE && labels['app'] === 'helloworld',
  );
  const gateway = pods.find(({ labels }) => labels['istio'] === 'ingressgateway');
  return [
    ...(sidecar ? [doorOf('sidecar', sidecar.ip, 5000)] : []),
    ...(gateway ? [doorOf('gateway', gateway.ip, MUTUAL_GATEWAY_PORT)] : []),
  ];
}

const doorOf = (by: Door['by'], ip: string, port: number): Door => ({
  by,
  address: hostPort({ address: ip, port }),
  host: 'helloworld.sample:5000',
});

interface Try {
  readonly context: RotationContext;
  readonly from: ProbePod;
  readonly old: Credential;
  readonly good: Credential;
}

async function proveAt(door: Door, { context, from, old, good }: Try): Promise<RefusalProof> {
  const cluster = from.cluster.spec.name;
  const show = (credential: Credential) => handshakeAt(door, { context, from, credential });
  const { state: taken, detail: said } = await control(() => show(good), context.signal);
  if (taken !== 'accepted')
    return {
      cluster,
      by: door.by,
      state: 'unproven',
      detail: `a good certificate was not taken either: ${said}`,
    };
  const { state, detail } = await show(old);
  if (state === 'accepted') return { cluster, by: door.by, state, detail };
  return { cluster, by: door.by, state: state === 'unreachable' ? 'unproven' : 'refused', detail };
}

/** A gateway learns of its new port a moment later. What it said last, if it never takes a good certificate. */
async function control(
  show: () => Promise<HandshakeVerdict>,
  signal: AbortSignal,
): Promise<HandshakeVerdict> {
  let last: HandshakeVerdict = {
    state: 'unreachable',
    detail: 'it was not tried',
    status: 0,
    peer: '',
    body: '',
  };
  try {
    return await waitUntil(
      { what: 'a good certificate to be taken', timeoutMs: 30_000, signal },
      async () => {
        last = await show();
        if (last.state !== 'accepted') throw new NotReady(last.detail);
        return last;
      },
    );
  } catch (error) {
    if (isIsthmusError(error) && error.code === 'TIMED_OUT') return last;
    throw error;
  }
}

function handshakeAt(
  { address, host }: Door,
  { context, from, credential }: Pick<Try, 'context' | 'from'> & { credential: Credential },
): Promise<HandshakeVerdict> {
  const { reporter, signal } = context;
  return tryHandshake({
    pod: from,
    address,
    host,
    serverName: 'outbound_.5000_._.helloworld.sample.svc.cluster.local',
    protocols: ['istio-http/1.1', 'istio', 'http/1.1'],
    credential,
    reporter,
    signal,
  });
}
