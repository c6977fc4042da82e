import { existsSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesIn } from '../../../src/local/host/namespace-processes.ts';
import { meshPaths, nodePaths } from '../../../src/local/host/paths.ts';
import { loadTopology } from '../../../src/topology/index.ts';
import { Bed, localMesh, sharedBed } from '../bed.ts';

const bed = sharedBed();

const node = async (cluster = 'eks-1') => nodePaths(meshPaths((await loadTopology(bed.file)).name), cluster);

/** curl in a network namespace; its exit code, and what it printed. */
async function curl(netns: string, args: readonly string[]) {
  const command = [`--net=${netns}`, 'curl', '--silent', '--insecure', '--max-time', '4', ...args];
  const { exitCode, stdout } = await execa('nsenter', command, { reject: false });
  return { exitCode, stdout };
}

const ip = (...args: string[]) => execa('ip', args);

interface Cable {
  /** Of the network namespace that it makes. */
  readonly name: string;
  /** The first three bytes of a /24. */
  readonly subnet: string;
  /** Its end outside. */
  readonly link: string;
  /** The network namespace of that end; the machine's own without one. */
  readonly to?: string;
}

/** A network namespace with a cable to another one, or to the machine. */
async function cable({ name, subnet, link, to }: Cable): Promise<void> {
  await ip('netns', 'add', name);
  const at = to === undefined ? [] : ['-n', to];
  await ip(...at, 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
  await ip(...at, 'address', 'add', `${subnet}.1/24`, 'dev', link);
  await ip(...at, 'link', 'set', link, 'up');
  for (const command of ['link set lo up', `address add ${subnet}.2/24 dev eth0`, 'link set eth0 up'])
    await ip('-n', name, ...command.split(' '));
  await ip('-n', name, 'route', 'add', 'default', 'via', `${subnet}.1`);
}

/** Answers on port 8000 of a network namespace until it is stopped. */
function serve(netns: string) {
  const code = `require('http').createServer((_, answer) => answer.end('hello')).listen(8000)`;
  const server = execa('nsenter', [`--net=/run/netns/${netns}`, process.execPath, '-e', code], {
    reject: false,
  });
  return {
    server,
    get: (from: string, host: string) =>
      curl(from, ['--retry-connrefused', '--retry', '3', `http://${host}:8000/`]),
  };
}

describe('etcd of a node', () => {
  it('has no port that a pod on the host’s network could reach, and a socket for root alone', async () => {
    const paths = await node();
    const listening = async (family: string) => {
      const { stdout } = await execa('nsenter', [`--net=${paths.netnsPath}`, 'ss', '-Hlp', `--${family}`]);
      return stdout.split('\n').filter((line) => /"(etcd|kube-apiserver)"/.test(line));
    };
    expect((await listening('tcp')).join()).toContain('kube-apiserver');
    expect((await listening('tcp')).join()).not.toContain('etcd');
    // An abstract socket is of the network namespace, as a port is.
    const sockets = (await listening('unix')).filter((line) => line.includes('etcd'));
    expect(sockets.map((line) => line.split(/\s+/)[4]).sort()).toEqual(['/run/etcd.sock', 'localhost:2380']);
    const first = (await processesIn(paths.netnsPath)).find((process) => process.first);
    const inNode = (...command: string[]) =>
      execa('nsenter', ['--target', String(first?.pid), '--mount', ...command]);
    const files = ['/run/etcd.sock', '/run/localhost:2380'];
    const { stdout } = await inNode('stat', '--format', '%U %A', ...files);
    expect(stdout.split('\n')).toEqual(['root srwxr-xr-x', 'root srwxr-xr-x']);
    const health = await inNode('curl', '-s', '--unix-socket', '/run/etcd.sock', 'http://etcd/health');
    expect(health.stdout).toContain('true');
  });
});

describe('a node’s control groups', () => {
  it('hold the processes of its pods, so that its limits are theirs', async () => {
    const { id } = await node();
    const pods = `/sys/fs/cgroup/pids/isthmus/${id}/pods`;
    const root = existsSync(pods) ? pods : `/sys/fs/cgroup/isthmus/${id}/pods`;
    const { stdout } = await execa('find', [root, '-name', 'cgroup.procs', '-exec', 'cat', '{}', '+']);
    const names = await Promise.all(
      stdout.split('\n').map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')),
    );
    expect(names.map((name) => name.trim())).toEqual(
      expect.arrayContaining(['envoy', 'helloworld', 'pilot-discovery'].map((name) => name.slice(0, 15))),
    );
  });

  it('limit the memory and the processes of the node, and of its pods below it', async () => {
    const { id } = await node();
    const { stdout } = await execa('find', [
      '/sys/fs/cgroup',
      '-maxdepth',
      '5',
      '-path',
      `*/isthmus/${id}/*`,
      '(',
      '-name',
      'memory.limit_in_bytes',
      '-o',
      '-name',
      'memory.max',
      '-o',
      '-name',
      'pids.max',
      ')',
    ]);
    const own = stdout.split('\n').filter((path) => /\/isthmus\/[^/]+\/(pods\/)?[^/]+$/.test(path));
    expect(own).toHaveLength(4);
    for (const path of own) {
      const value = Number(await readFile(path, 'utf8'));
      expect(value, path).toBeLessThan(2 ** 50);
      expect(value, path).toBeGreaterThan(1000);
    }
  });
});

describe('the mesh’s network', () => {
  beforeAll(() => cable({ name: 'isthmus-outside', subnet: '10.213.7', link: 'outside0' }));
  afterAll(async () => {
    await execa('ip', ['netns', 'delete', 'isthmus-outside'], { reject: false });
  });

  it('lets nobody in who routes it through this machine, and answers to the mesh’s own requests', async () => {
    const { netnsPath } = await node();
    const address = await bed.ok('eks-1', [
      'get',
      'nodes',
      '-o',
      'jsonpath={.items[0].status.addresses[0].address}',
    ]);
    const version = `https://${address}:6443/version`;
    expect((await curl('/proc/self/ns/net', [version])).exitCode).toBe(0);
    // 28: nothing came back in time.
    expect((await curl('/run/netns/isthmus-outside', [version])).exitCode).toBe(28);
    const { server, get } = serve('isthmus-outside');
    try {
      expect(await get(netnsPath, '10.213.7.2')).toEqual({ exitCode: 0, stdout: 'hello' });
    } finally {
      server.kill();
      await server;
    }
  });
});

describe('a machine that forwarded nothing before', () => {
  const names = ['isthmus-router', 'isthmus-lan', 'isthmus-vpn', 'isthmus-mesh'];
  const settings = (work: string, root: string) => {
    const module = fileURLToPath(new URL('../../../src/local/host/host-settings.ts', import.meta.url));
    const code = `import { ensureHostSettings, restoreHostSettings } from ${JSON.stringify(module)};
      await ${work}(${JSON.stringify(root)}, AbortSignal.timeout(20_000));`;
    const command = [process.execPath, '--import', 'tsx', '--input-type=module', '-e', code];
    return execa('ip', ['netns', 'exec', 'isthmus-router', ...command]);
  };
  const forwarding = async () =>
    (await execa('ip', ['netns', 'exec', 'isthmus-router', 'cat', '/proc/sys/net/ipv4/ip_forward'])).stdout;

  beforeAll(async () => {
    await ip('netns', 'add', 'isthmus-router');
    await cable({ name: 'isthmus-lan', subnet: '10.213.1', link: 'lan0', to: 'isthmus-router' });
    await cable({ name: 'isthmus-vpn', subnet: '10.213.2', link: 'vpn0', to: 'isthmus-router' });
    await cable({ name: 'isthmus-mesh', subnet: '10.213.3', link: 'im0a1b2c', to: 'isthmus-router' });
    await execa('ip', [
      'netns',
      'exec',
      'isthmus-router',
      'sh',
      '-c',
      'echo 0 > /proc/sys/net/ipv4/ip_forward',
    ]);
  });
  afterAll(async () => {
    for (const name of names) await execa('ip', ['netns', 'delete', name], { reject: false });
  });

  it('forwards for meshes alone while there is one, and nothing afterwards', async () => {
    const root = await mkdtemp(join(tmpdir(), 'isthmus-settings-'));
    const { server, get } = serve('isthmus-vpn');
    try {
      await settings('ensureHostSettings', root);
      expect(await forwarding()).toBe('1');
      expect(await get('/run/netns/isthmus-mesh', '10.213.2.2')).toEqual({ exitCode: 0, stdout: 'hello' });
      expect((await get('/run/netns/isthmus-lan', '10.213.2.2')).exitCode).toBe(28);
      await settings('restoreHostSettings', root);
      expect(await forwarding()).toBe('0');
      const { stdout } = await execa('ip', ['netns', 'exec', 'isthmus-router', 'nft', 'list', 'tables']);
      expect(stdout).toBe('');
    } finally {
      server.kill();
      await server;
    }
  });
});

describe('a run directory that is somebody’s folder', () => {
  it('is refused where the mesh’s name is taken there, and keeps what is in it', async () => {
    const mine = new Bed('taken');
    await mine.write(localMesh('taken', 1));
    const root = await mkdtemp(join(tmpdir(), 'isthmus-folder-'));
    await execa('sh', ['-c', 'mkdir -p taken/eks-1 && echo precious > taken/eks-1/work'], { cwd: root });
    const env = { ISTHMUS_RUN_DIR: root };
    const up = await mine.isthmus(['up', '--no-check'], { env });
    expect(up.stderr).toContain('FOLDER_FOREIGN');
    expect(up.exitCode).toBe(2);
    const down = await mine.isthmus(['down'], { env });
    expect(down.exitCode, down.stderr).toBe(0);
    expect(await readFile(join(root, 'taken/eks-1/work'), 'utf8')).toBe('precious\n');
  });
});
