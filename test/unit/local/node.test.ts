import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeAddressing } from '../../../src/local/addresses/addressing.ts';
import { cgroupLayout } from '../../../src/local/host/cgroups.ts';
import { meshPaths, nodePaths } from '../../../src/local/host/paths.ts';
import { ensureCertificates, pkiPath } from '../../../src/local/node/certificates.ts';
import { apiServerForPeers } from '../../../src/local/node/kubeconfigs.ts';
import { configFiles } from '../../../src/local/node/node-config.ts';
import { nodeServices } from '../../../src/local/node/node-processes.ts';
import { type NodeSpec, reachableNameservers } from '../../../src/local/node/node-spec.ts';
import { servicesMatch, writeServices } from '../../../src/local/node/supervision.ts';
import { inspect } from '../../../src/pki/index.ts';
import { cidrOf, type LocalClusterSpec } from '../../../src/topology/index.ts';
import { internalGateways } from '../../fakes/gateways.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'node-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const spec: LocalClusterSpec = {
  provider: 'local',
  name: 'eks-1',
  network: 'network1',
  index: 0,
  cidr: cidrOf('10.1.0.0/16'),
  ipFamily: 'ipv4',
  gatewayFamilies: ['ipv4'],
  gateways: internalGateways,
};

const sixSpec: LocalClusterSpec = {
  ...spec,
  ipFamily: 'ipv6',
  gatewayFamilies: ['ipv6', 'ipv4'],
  cidr: cidrOf('fd10:6::/64'),
};
const sixAt = nodeAddressing(0, 1, sixSpec);

const plan = (more: Partial<NodeSpec> = {}): NodeSpec => ({
  paths: nodePaths(meshPaths('demo', root), spec.name),
  spec,
  at: nodeAddressing(0, 1, spec),
  toolchain: { bin: '/cache/bin', images: [], aliases: [], proxy: 'vanilla' },
  cgroups: { version: 'v2', hierarchies: ['/sys/fs/cgroup'] },
  machine: { nameservers: [], mayLowerOomScore: true, overlayRunDir: false },
  extraApiServerArgs: [],
  ...more,
});

describe('names in the kernel', () => {
  it('fit its limit, tell meshes and run directories apart, and share the mesh as prefix', () => {
    const mesh = meshPaths('a-mesh-with-quite-a-long-name', '/var/lib/isthmus');
    const node = nodePaths(mesh, 'a-cluster-with-quite-a-long-name');
    for (const name of [mesh.bridge, node.veth]) expect(name.length).toBeLessThanOrEqual(15);
    expect(node.veth.startsWith(mesh.bridge)).toBe(true);
    expect(meshPaths('demo', '/a').id).not.toBe(meshPaths('demo', '/b').id);
    expect(meshPaths('demo', '/a').id).not.toBe(meshPaths('other', '/a').id);
  });
});

describe('cgroupLayout', () => {
  const line = (path: string, type: string) => `30 24 0:26 / ${path} rw shared:4 - ${type} none rw`;
  const base = '/sys/fs/cgroup';
  const v1 = ['cpu,cpuacct', 'cpuset', 'memory', 'pids', 'systemd'].map((name) =>
    line(`${base}/${name}`, 'cgroup'),
  );

  it('knows v2, v1 and hybrid', async () => {
    expect(await cgroupLayout(line(base, 'cgroup2'))).toEqual({ version: 'v2', hierarchies: [base] });
    const legacy = await cgroupLayout([line(base, 'tmpfs'), ...v1].join('\n'));
    expect(legacy.version).toBe('v1');
    expect(legacy.hierarchies).toContain(`${base}/cpu,cpuacct`);
    const hybrid = await cgroupLayout([...v1, line(`${base}/unified`, 'cgroup2')].join('\n'));
    expect(hybrid.version).toBe('v1');
    expect(hybrid.hierarchies).toContain(`${base}/unified`);
  });

  it('names the controllers that are missing', async () => {
    await expect(cgroupLayout(v1.slice(0, 2).join('\n'))).rejects.toMatchObject({
      code: 'KERNEL_UNSUPPORTED',
      message: expect.stringContaining('memory, pids'),
    });
  });
});

describe('configuration', () => {
  const fileOf = (name: string, more: Partial<NodeSpec> = {}) =>
    configFiles(plan(more), 'pause:1').find(({ path }) => path.endsWith(name))?.content ?? '';

  it('depends on the machine where it must', () => {
    expect(fileOf('kubelet.yaml')).not.toContain('failCgroupV1');
    expect(fileOf('kubelet.yaml', { cgroups: { version: 'v1', hierarchies: [] } })).toContain(
      '"failCgroupV1": false',
    );
    const machine = { nameservers: ['192.0.2.53'], mayLowerOomScore: false, overlayRunDir: true };
    expect(fileOf('containerd.toml')).toContain('restrict_oom_score_adj = false');
    expect(fileOf('containerd.toml', { machine })).toContain('restrict_oom_score_adj = true');
    expect(fileOf('containerd.toml', { machine })).toContain('snapshotter = "native"');
    expect(fileOf('resolv.conf', { machine })).toBe('nameserver 192.0.2.53\n');
  });

  it('leaves out resolvers that only the host itself can reach', () => {
    expect(reachableNameservers('nameserver 127.0.0.53\nnameserver ::1\nnameserver 192.0.2.1\n')).toEqual([
      '192.0.2.1',
    ]);
  });

  it('gives pods of an IPv6 cluster a second network for IPv4, which only containerd knows', () => {
    const six = { spec: sixSpec, at: sixAt };
    const networks = (more: Partial<NodeSpec>) =>
      configFiles(plan(more), 'pause:1').flatMap(({ path, content }) =>
        path.endsWith('.conflist') ? JSON.parse(content).plugins[0].ipam.ranges[0][0].subnet : [],
      );
    expect(networks({})).toEqual(['10.1.0.0/20']);
    expect(networks(six)).toEqual(['fd10:6::/112', '169.254.172.0/22']);
    expect(fileOf('containerd.toml')).toContain('max_conf_num = 1');
    expect(fileOf('containerd.toml', six)).toContain('max_conf_num = 2');
    expect(JSON.parse(fileOf('load-balancer.json', six))).toMatchObject({
      blocks: ['fd69:7374:686d::40/122', '100.64.0.64/26'],
      unused: [],
    });
    expect(JSON.parse(fileOf('load-balancer.json'))).toMatchObject({
      blocks: ['100.64.0.64/26'],
      unused: ['fd69:7374:686d::40/122'],
    });
  });

  it('lets peers reach the API server in a family that all of them have', () => {
    expect(apiServerForPeers(sixAt, ['ipv6'])).toBe('https://[fd69:7374:686d::41]:6443');
    expect(apiServerForPeers(sixAt, ['ipv6', 'ipv4'])).toBe('https://100.64.0.65:6443');
    expect(apiServerForPeers(plan().at, ['ipv4', 'ipv6'])).toBe('https://100.64.0.65:6443');
  });

  it('gives the API server the extra flags', () => {
    const extra = '--authentication-token-webhook-config-file=/x';
    const server = nodeServices(plan({ extraApiServerArgs: [extra] })).find(
      ({ name }) => name === 'kube-apiserver',
    );
    expect(server?.command).toContain(extra);
  });

  it('has etcd on sockets of the node alone, and on no port', () => {
    const flagsOf = (name: string) => nodeServices(plan()).find((one) => one.name === name)?.command ?? [];
    expect(flagsOf('kube-apiserver')).toContain('--etcd-servers=unix:///run/etcd.sock');
    const listening = flagsOf('etcd').filter((flag) => flag.includes('listen'));
    expect(listening).toEqual([
      '--listen-client-urls=unix:///run/etcd.sock',
      '--listen-peer-urls=unix://localhost:2380',
    ]);
  });
});

describe('service folders', () => {
  it('start each program after those that it would fail without', async () => {
    const { paths } = plan();
    await writeServices(paths, nodeServices(plan()));
    const scriptOf = (name: string) => readFile(join(paths.dir, 'services', name, 'run'), 'utf8');
    const waitsOf = async (name: string) =>
      [...(await scriptOf(name)).matchAll(/^until (.*?);/gm)].map(([, what]) => what);
    const [etcd, containerd] = ['[ -S /run/etcd.sock ]', '[ -S /run/containerd.sock ]'];
    const api = expect.stringContaining(' 6443 ');
    expect(await waitsOf('etcd')).toEqual([]);
    expect(await waitsOf('kube-apiserver')).toEqual([etcd]);
    expect(await waitsOf('kube-scheduler')).toEqual([api]);
    expect(await waitsOf('kubelet')).toEqual([containerd, api]);
  });

  it('report exactly what changed and lose what is no longer wanted', async () => {
    const { paths } = plan();
    const [one, two] = [
      { name: 'one', command: ['echo', "it's $HOME"] },
      { name: 'two', command: ['true'] },
    ];
    expect(await writeServices(paths, [one, two])).toEqual(new Set(['one', 'two']));
    expect(await writeServices(paths, [one, two])).toEqual(new Set());
    expect(await servicesMatch(paths, [one, two])).toBe(true);
    const changed = { ...one, command: ['echo', 'else'] };
    expect(await servicesMatch(paths, [changed])).toBe(false);
    expect(await writeServices(paths, [changed])).toEqual(new Set(['one']));
    await expect(stat(join(paths.dir, 'services', 'two'))).rejects.toThrow('ENOENT');
    const script = await readFile(join(paths.dir, 'services', 'one', 'run'), 'utf8');
    expect(script).toContain('--pdeathsig KILL -- echo else');
  });
});

describe('certificates', () => {
  it('are made once, private, for the right names, and again when the address changes', async () => {
    const { paths, at } = plan();
    expect(await ensureCertificates(paths, at)).toBe(true);
    const read = (file: string) => readFile(pkiPath(paths, file), 'utf8');
    const [server, kubelet] = [await read('apiserver.crt'), await read('kubelet.crt')];
    expect(inspect(server).ipAddresses).toEqual(
      expect.arrayContaining(['100.64.0.65', '127.0.0.1', '172.20.0.1']),
    );
    expect((await stat(pkiPath(paths, 'ca.key'))).mode & 0o777).toBe(0o600);
    expect(await ensureCertificates(paths, at)).toBe(false);
    expect(await read('apiserver.crt')).toBe(server);
    await ensureCertificates(paths, nodeAddressing(0, 2, spec));
    expect(inspect(await read('apiserver.crt')).ipAddresses).toContain('100.64.0.129');
    expect(await read('kubelet.crt')).not.toBe(kubelet);
    expect(inspect(await read('admin.crt')).subject).toContain('system:masters');
  });

  it('hold the addresses of both families, and are not made again for how one is written', async () => {
    const { paths } = plan();
    await ensureCertificates(paths, sixAt);
    const made = await readFile(pkiPath(paths, 'apiserver.crt'), 'utf8');
    expect(new X509Certificate(made).checkIP('fd69:7374:686d::41')).toBeTruthy();
    expect(new X509Certificate(made).checkIP('100.64.0.65')).toBeTruthy();
    await ensureCertificates(paths, sixAt);
    expect(await readFile(pkiPath(paths, 'apiserver.crt'), 'utf8')).toBe(made);
  });
});
