import { afterEach, beforeEach, expect, it } from 'vitest';
import { unlinkCluster } from '../../../src/istio/index.ts';
import { isClinging } from '../../../src/istio/remotes/stale-istiod.ts';
import { recordingReporter, silentReporter } from '../../../src/report/index.ts';
import { type FakeMember, FakeMesh } from '../../fakes/mesh.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const gateways = [
  { Network: 'network1', Cluster: 'eks-1', Addr: '192.0.2.1', Port: 15443 },
  { Network: 'network2', Cluster: 'eks-2', Addr: '192.0.2.2', Port: 15443 },
];
const host = (address: string) => ({ address: { socket_address: { address, port_value: 15443 } } });

it('waits for proxies to leave the gateway of a cluster that cannot name it any more', async () => {
  let looks = 0;
  const member = mesh.member('eks-1');
  member.override = ({ command }) => {
    const path = command.at(-1) ?? '';
    if (path === '/debug/networkz') return { stdout: JSON.stringify(gateways) };
    const forgotten = member.server.writes.includes('remove Secret/istio-remote-secret-eks-2');
    if (path === '/debug/clusterz' && forgotten) return { stdout: '[{"id":"eks-1","syncStatus":"synced"}]' };
    if (path === '/debug/endpointShardz' && forgotten) return { stdout: '{}' };
    if (!path.startsWith('clusters')) return undefined;
    looks += 1;
    const left = looks < 4 ? [host('192.0.2.1'), host('192.0.2.2')] : [host('192.0.2.1')];
    const name = 'outbound|5000||helloworld.sample.svc.cluster.local';
    return { stdout: JSON.stringify({ cluster_statuses: [{ name, host_statuses: left }] }) };
  };
  await unlinkCluster({
    name: 'eks-2',
    leaving: undefined,
    peers: [member.cluster],
    reporter: silentReporter,
    signal: new AbortController().signal,
  });
  expect(looks).toBeGreaterThanOrEqual(4);
  expect(member.server.writes).toContain('remove Secret/istio-remote-secret-eks-2');
});

const isForgotten = ({ server }: FakeMember) =>
  server.writes.includes('remove Secret/istio-remote-secret-eks-2');
const restarts = ({ server }: FakeMember) =>
  server.writes.filter((write) => write.endsWith('Deployment/istiod'));
const shards = JSON.stringify({
  'helloworld.sample.svc.cluster.local': {
    sample: { Shards: { 'Kubernetes/eks-2': [{ Address: '10.2.0.20' }] } },
  },
});

/** eks-1's pods, once its Secret for eks-2 is gone: no istiod names it, no proxy has an endpoint of it. */
function forgets(member: FakeMember, shardsLeft: () => boolean): void {
  member.override = ({ command }) => {
    const path = command.at(-1) ?? '';
    if (path === '/debug/networkz') return { stdout: JSON.stringify(gateways) };
    if (!isForgotten(member)) return undefined;
    if (path === '/debug/clusterz') return { stdout: '[{"id":"eks-1","syncStatus":"synced"}]' };
    if (path === '/debug/endpointShardz') return { stdout: shardsLeft() ? shards : '{}' };
    return path.startsWith('clusters') ? { stdout: '{"cluster_statuses":[]}' } : undefined;
  };
}

/** A restart has the pod of the istiod come back under another name. */
function replacePods({ server }: FakeMember): void {
  const { store } = server;
  const place = (name: string) => ({ kind: store.kindOf('v1', 'Pod'), namespace: 'istio-system', name });
  const former = place('istiod-6d5f7b9c8-abcde');
  server.refuse = (write) => {
    const pod = write.endsWith('Deployment/istiod') ? store.find(former) : undefined;
    if (!pod) return;
    store.remove(former);
    server.put({ ...pod, metadata: { ...pod.metadata, name: 'istiod-7f6c8d9b4-fghij' } });
  };
}

const unlinked = (leaves: boolean, reporter = recordingReporter()) =>
  unlinkCluster({
    name: 'eks-2',
    leaving: leaves ? mesh.member('eks-2').cluster : undefined,
    peers: [mesh.member('eks-1').cluster],
    reporter,
    signal: new AbortController().signal,
  });

it('restarts an istiod that keeps endpoints of a cluster that it watches no more, once', async () => {
  const member = mesh.member('eks-1');
  const reporter = recordingReporter();
  let looks = 0;
  forgets(member, () => {
    if (restarts(member).length > 0) looks += 1;
    return looks < 3;
  });
  await unlinked(false, reporter);
  expect(restarts(member)).toHaveLength(1);
  expect(reporter.events).toContainEqual(
    expect.objectContaining({ code: 'ISTIOD_RESTARTED', message: expect.stringContaining('helloworld') }),
  );
});

/** Lines of an istiod 1.31.0 whose second token for a peer was the first good one. */
const clinging = [
  '2026-11-28T13:07:18.2Z\tinfo\tUpdate cluster\tcluster=eks-2 config=istio-system/istio-remote-secret-eks-2',
  '2026-11-28T13:07:18.9Z\tinfo\tKubernetes registry for cluster eks-2 has been added (no previous registry).',
].join('\n');

it('restarts an istiod that will not let go of a cluster before it has to, and waits for the new one', async () => {
  const member = mesh.member('eks-1');
  const reporter = recordingReporter();
  member.server.logs = () => clinging;
  forgets(member, () => false);
  const { override } = member;
  let looks = 0;
  member.override = (request) => {
    const reads = request.command.at(-1) === '/debug/clusterz' && !isForgotten(member);
    if (!reads) return override(request);
    looks += 1;
    const syncStatus = looks < 3 ? 'syncing' : 'synced';
    return { stdout: JSON.stringify([{ id: 'eks-2', secretName: 'x', syncStatus }]) };
  };
  replacePods(member);
  await unlinked(true, reporter);
  const { writes } = member.server;
  expect(restarts(member)).toHaveLength(1);
  expect(looks).toBeGreaterThanOrEqual(3);
  expect(writes.indexOf('update Deployment/istiod')).toBeLessThan(
    writes.indexOf('remove Secret/istio-remote-secret-eks-2'),
  );
  expect(reporter.events).toContainEqual(expect.objectContaining({ code: 'ISTIOD_RESTARTED' }));
});

it('restarts none before a cluster goes that does not answer, as the new one could not read it', async () => {
  const member = mesh.member('eks-1');
  member.server.logs = () => clinging;
  forgets(member, () => false);
  await unlinked(false);
  expect(restarts(member)).toEqual([]);
});

it.each([
  ['that it was refused at first', clinging, true],
  ['a first reading that went well', clinging.replace(/ \(no.*/, ''), false],
  ['another cluster of a longer name', clinging.replaceAll('eks-2', 'eks-22'), false],
  [
    'that another token came later',
    `${clinging}\ninfo\tKubernetes registry for cluster eks-2 has been replaced.`,
    false,
  ],
  [
    'it in JSON',
    '{"msg":"Kubernetes registry for cluster eks-2 has been added (no previous registry)."}',
    true,
  ],
  ['nothing', '', false],
])('an istiod’s log that tells %s', (_, log, expected) => {
  expect(isClinging(log, 'eks-2')).toBe(expected);
});

it('leaves an istiod alone that lets go of a cluster', async () => {
  const member = mesh.member('eks-1');
  forgets(member, () => false);
  await unlinked(false);
  expect(restarts(member)).toEqual([]);
});

it('waits until nobody is connected to the gateways of the cluster that leaves', async () => {
  forgets(mesh.member('eks-1'), () => false);
  const active = ['2', '1', '1', undefined];
  mesh.member('eks-2').override = ({ command }) => {
    if (!(command.at(-1) ?? '').startsWith('clusters?')) return undefined;
    const status = (name: string, value: string | undefined) => ({
      name,
      host_statuses: [{ ...host('10.2.0.20'), stats: [{ name: 'cx_active', value }] }],
    });
    const through = status('outbound_.5000_._.helloworld.sample.svc.cluster.local', active.shift());
    return { stdout: JSON.stringify({ cluster_statuses: [status('xds-grpc', '1'), through] }) };
  };
  await unlinked(true);
  expect(active).toEqual([]);
});
