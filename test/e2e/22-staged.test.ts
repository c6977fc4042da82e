import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bed, complaints, localMesh, type Ran } from './bed.ts';

const bed = new Bed('staged');
const file = (mtls: 'strict' | 'permissive') =>
  localMesh(bed.name, 2).replace('spec:\n', `spec:\n  istio: {mtls: ${mtls}}\n`);
const said = ({ stdout, stderr }: Ran) => `${stderr}${stdout}`;

const mode = (cluster: string) =>
  bed.ok(cluster, [
    '-n',
    'istio-system',
    'get',
    'peerauthentication',
    'default',
    '-o',
    'jsonpath={.spec.mtls.mode}',
  ]);

/** All that isthmus applies to a cluster, by its version; what is written all the time left out. */
async function versions(cluster: string): Promise<string> {
  const kinds =
    'secrets,configmaps,serviceaccounts,services,gateways.networking.istio.io,peerauthentications';
  const path = '{range .items[*]}{.kind}/{.metadata.name}={.metadata.resourceVersion}{"\\n"}{end}';
  const spaces = ['istio-system', 'istio-ingress', 'sample'];
  const all = await Promise.all(
    spaces.map((space) => bed.ok(cluster, ['-n', space, 'get', kinds, '-o', `jsonpath=${path}`])),
  );
  // istiods write who leads them into ConfigMaps.
  const lines = all.join('\n').split('\n');
  return lines.filter((line) => !/^ConfigMap\/(?!isthmus-|istio(-sidecar-injector)?=)/.test(line)).join('\n');
}

/** No request reaches the samples of eks-1; the file says nothing of it, so that `up` leaves it. */
async function breakTraffic(): Promise<void> {
  const fault = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'nobody', namespace: 'sample' },
    spec: {},
  };
  const path = join(bed.folder, 'fault.json');
  await writeFile(path, JSON.stringify(fault));
  await bed.ok('eks-1', ['create', '-f', path]);
}

beforeAll(async () => {
  await bed.write(file('strict'));
  const up = await bed.isthmus(['up', '--sequential', '--wait', '120']);
  expect(up.exitCode, said(up)).toBe(0);
  expect(said(up)).toContain('eks-1 is changed and well; next: eks-2');
  const contexts = await bed.isthmus(['contexts']);
  expect(contexts.exitCode, said(contexts)).toBe(0);
});
afterAll(() => bed.isthmus(['down']));

describe('a change of the file', () => {
  it('goes to the cluster that is named, and to no other', async () => {
    await bed.write(file('permissive'));
    const before = await versions('eks-1');
    const up = await bed.isthmus(['up', 'eks-2', '--wait', '120']);
    expect(up.exitCode, said(up)).toBe(0);
    expect(up.stdout).toContain('eks-1 left as it is: 1 object differs from the file');
    expect([await mode('eks-1'), await mode('eks-2')]).toEqual(['STRICT', 'PERMISSIVE']);
    expect(await versions('eks-1')).toBe(before);
  });

  it('goes from cluster to cluster, and stops at the first after which the mesh is not well', async () => {
    await bed.write(file('strict'));
    await bed.ok('eks-1', ['delete', 'peerauthentication', 'default', '-n', 'istio-system']);
    await breakTraffic();
    const up = await bed.isthmus(['up', '--sequential', '--wait', '15']);
    expect([up.exitCode, said(up)]).toEqual([1, expect.stringContaining('CHECKS_FAILED')]);
    expect(said(up)).toContain('stopped at eks-1');
    expect(said(up)).toContain('not changed: eks-2');
    expect([await mode('eks-1'), await mode('eks-2')]).toEqual(['STRICT', 'PERMISSIVE']);
    await bed.ok('eks-1', ['delete', 'authorizationpolicy', 'nobody', '-n', 'sample']);
    const again = await bed.isthmus(['up', '--sequential', '--wait', '120']);
    expect(again.exitCode, said(again)).toBe(0);
    expect(await mode('eks-2')).toBe('STRICT');
    expect(complaints(await bed.check())).toEqual([]);
  });
});

describe('two who change the mesh at once', () => {
  const status = async () => (await bed.isthmus(['status'])).stdout;
  /** At work until the samples answer again, so that whoever comes meanwhile meets it. */
  const untilWell = () => bed.start(['up', '--sequential', '--wait', '300']);
  const until = async ({ all }: ReturnType<Bed['start']>, text: string) => {
    let heard = '';
    all?.on('data', (chunk) => {
      heard += chunk;
    });
    await expect.poll(() => heard, { timeout: 120_000, interval: 200 }).toContain(text);
  };

  it('do it one after the other, also after one who was killed, and status says who is at work', async () => {
    await bed.write(file('permissive'));
    await breakTraffic();
    const killed = untilWell();
    await expect.poll(status, { timeout: 60_000 }).toMatch(/in work by \S+ \(isthmus up, pid/);
    killed.kill('SIGKILL');
    await killed;
    expect(await status()).toMatch(/left by \S+ \(isthmus up, pid .* takes over/);
    const first = untilWell();
    await until(first, 'takes over eks-1 from');
    const second = bed.start(['up', '--no-check']);
    await until(second, 'waiting for its end');
    await bed.ok('eks-1', ['delete', 'authorizationpolicy', 'nobody', '-n', 'sample']);
    const ended = await Promise.all([first, second]);
    expect(
      ended.map(({ exitCode }) => exitCode),
      ended.map(({ all }) => all).join('\n'),
    ).toEqual([0, 0]);
    expect(ended.map(({ all = '' }) => all.includes('takes over'))).toEqual([true, false]);
    expect(await status()).not.toMatch(/in work by|left by/);
    expect([await mode('eks-1'), await mode('eks-2')]).toEqual(['PERMISSIVE', 'PERMISSIVE']);
  });
});
