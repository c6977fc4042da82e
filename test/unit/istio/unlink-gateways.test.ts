import { afterEach, beforeEach, expect, it } from 'vitest';
import { unlinkCluster } from '../../../src/istio/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

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
