import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { meshPaths } from '../../../src/local/host/paths.ts';
import { complaints, problemsOf, sharedBed } from '../bed.ts';

const bed = sharedBed();

/** The text of every problem of one check, with what it names. */
async function findings(check: string): Promise<string> {
  const report = await bed.check([check]);
  expect(report.exitCode).toBe(1);
  const failed = report.results.filter(({ id, outcome }) => id === check && outcome.status === 'fail');
  return failed
    .flatMap(({ outcome }) => problemsOf(outcome))
    .map(({ cluster, object, message, evidence, fix }) => [cluster, object, message, evidence, fix].join(' '))
    .join('\n');
}

/** The host's address on the nodes' bridge, behind which connections go on to a server. */
async function translate({ hostname, port }: URL): Promise<{ readonly address: string; close(): void }> {
  const { stdout } = await execa('ip', ['-4', '-o', 'addr', 'show', 'dev', meshPaths('e2e').bridge]);
  const host = /inet ([\d.]+)/.exec(stdout)?.[1] ?? '';
  const server = createServer((socket) => {
    const onward = connect(Number(port), hostname);
    for (const end of [socket, onward]) end.on('error', () => end.destroy());
    socket.pipe(onward).pipe(socket);
  });
  await once(server.listen(0, host), 'listening');
  const { port: own } = server.address() as AddressInfo;
  return { address: `https://${host}:${own}`, close: () => server.close() };
}

describe('each fault is found by the right check, which names cluster and object', () => {
  afterEach(async () => {
    const up = await bed.isthmus(['up', '--no-check']);
    expect(up.exitCode, `${up.stderr}${up.stdout}`).toBe(0);
    expect(complaints(await bed.check([], ['--wait', '90']))).toEqual([]);
  });

  it('local replicas at 0: every answer comes from the other cluster, and traffic says why', async () => {
    await bed.ok('eks-1', ['-n', 'sample', 'scale', 'deploy/helloworld-v1', '--replicas=0']);
    await bed.ok('eks-1', [
      '-n',
      'sample',
      'wait',
      '--for=delete',
      'pod',
      '-l',
      'app=helloworld',
      '--timeout=60s',
    ]);
    const curl = 'for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS -m 5 helloworld.sample:5000/hello; done';
    const answers = await bed.ok('eks-1', [
      '-n',
      'sample',
      'exec',
      'deploy/sleep',
      '-c',
      'sleep',
      '--',
      'sh',
      '-c',
      curl,
    ]);
    expect(answers.match(/Hello version: v2/g)).toHaveLength(10);
    const found = await findings('traffic');
    expect(found).toContain('eks-1');
    expect(found).toMatch(/helloworld-v1/);
    expect(found).toMatch(/scale/);
    await bed.ok('eks-1', ['-n', 'sample', 'scale', 'deploy/helloworld-v1', '--replicas=1']);
  });

  it('a corrupted remote secret', async () => {
    const patch = JSON.stringify({ stringData: { 'eks-2': 'not a kubeconfig' } });
    await bed.ok('eks-1', [
      '-n',
      'istio-system',
      'patch',
      'secret',
      'istio-remote-secret-eks-2',
      '-p',
      patch,
    ]);
    const found = await findings('secrets');
    expect(found).toContain('eks-1');
    expect(found).toContain('istio-remote-secret-eks-2');
  });

  it('another address in a remote secret, unless it leads to the cluster', async () => {
    const secret = ['-n', 'istio-system', 'get', 'secret', 'istio-remote-secret-eks-2', '-o', 'json'];
    const { data } = JSON.parse(await bed.ok('eks-1', secret)) as { data: Record<string, string> };
    const kubeconfig = Buffer.from(data['eks-2'] ?? '', 'base64').toString();
    const [, indent = '', server = ''] = /( *)server: (\S+)/.exec(kubeconfig) ?? [];
    const put = (address: string) => {
      const lines = `${indent}server: ${address}\n${indent}tls-server-name: kubernetes.default.svc`;
      const text = kubeconfig.replace(/ *server: \S+/, lines);
      const patch = JSON.stringify({ stringData: { 'eks-2': text } });
      return bed.ok('eks-1', [
        '-n',
        'istio-system',
        'patch',
        'secret',
        'istio-remote-secret-eks-2',
        '-p',
        patch,
      ]);
    };
    // As a translated address or a private endpoint: other packets, the same connection.
    const translator = await translate(new URL(server));
    try {
      await put(translator.address);
      const report = await bed.check(['secrets']);
      expect(complaints(report)).toEqual([]);
      const [eks1] = report.results.filter(({ subject }) => subject === 'eks-1');
      expect(JSON.stringify(eks1?.outcome)).toMatch(/leads to eks-2: the same kube-system is there/);
    } finally {
      translator.close();
    }
    await put('https://192.0.2.1:6443');
    const told = 'names https://192.0.2.1:6443 as the API server of eks-2';
    // Until istiod gives up it may be one that this machine alone does not reach.
    expect(JSON.stringify((await bed.check(['secrets'])).results)).toContain(told);
    const status = async () => (await bed.check(['secrets'])).exitCode;
    await expect.poll(status, { timeout: 120_000, interval: 3_000 }).toBe(1);
    expect(await findings('secrets')).toContain(told);
  });

  it('a gateway without its network label', async () => {
    const label = 'topology.istio.io/network-';
    await bed.ok('eks-2', ['-n', 'istio-ingress', 'label', 'svc', 'istio-eastwestgateway', label]);
    const found = await findings('gateways');
    expect(found).toContain('eks-2');
    expect(found).toContain('istio-eastwestgateway');
    expect(found).toContain('network');
  });

  it('a stopped gateway', async () => {
    const gateways = ['-n', 'istio-ingress'];
    await bed.ok('eks-2', [...gateways, 'scale', 'deploy/istio-eastwestgateway', '--replicas=0']);
    // What a gateway does before it ends is for clients, of which there are none here.
    const pods = ['pod', '-l', 'istio=eastwestgateway', '--grace-period=1', '--timeout=60s'];
    await bed.ok('eks-2', [...gateways, 'delete', ...pods]);
    const found = await findings('lb');
    expect(found).toContain('eks-2');
    expect(found).toContain('istio-eastwestgateway');
    await bed.ok('eks-2', ['-n', 'istio-ingress', 'scale', 'deploy/istio-eastwestgateway', '--replicas=1']);
  });

  it('two different roots', async () => {
    const original = await bed.ok('eks-2', ['-n', 'istio-system', 'get', 'secret', 'cacerts', '-o', 'json']);
    const { createRoot, issueIntermediate, toSecretData } = await import('../../../src/pki/index.ts');
    const stranger = await createRoot({ subject: 'stranger', algorithm: 'ecdsa-p256', years: 1 });
    const intermediate = await issueIntermediate({
      root: stranger,
      cluster: 'eks-2',
      meshName: 'e2e',
      days: 30,
      algorithm: 'ecdsa-p256',
    });
    const patch = JSON.stringify({ stringData: toSecretData(intermediate, [stranger]) });
    await bed.ok('eks-2', ['-n', 'istio-system', 'patch', 'secret', 'cacerts', '-p', patch]);
    const found = await findings('trust');
    expect(found).toContain('eks-2');
    expect(found).toMatch(/cacerts/);
    const { data } = JSON.parse(original) as { data: Record<string, string> };
    await bed.ok('eks-2', [
      '-n',
      'istio-system',
      'patch',
      'secret',
      'cacerts',
      '-p',
      JSON.stringify({ data }),
    ]);
  });
});
