import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { missingRights, refusalStatus } from '../../../src/kubernetes/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import { istioKinds } from '../../fakes/kinds.ts';

let fake: FakeApiServer;
beforeEach(async () => {
  fake = await FakeApiServer.start({ name: 'one', kinds: istioKinds });
});
afterEach(() => fake.close());

const map = (name: string, data: Record<string, string>, labels: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'sample', labels },
  data,
});
const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'sample', name });

/** A server-side apply by another manager than the product's, as HTTP. */
async function applyAs(manager: string, object: ReturnType<typeof map>, force = false) {
  const query = `fieldManager=${manager}${force ? '&force=true' : ''}`;
  const path = `/api/v1/namespaces/sample/configmaps/${object.metadata.name}?${query}`;
  const answer = await fetch(`http://127.0.0.1:${fake.port}${path}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/apply-patch+yaml' },
    body: JSON.stringify(object),
  });
  return { status: answer.status, body: (await answer.json()) as { message?: string; data?: object } };
}

describe('objects', () => {
  it('are listed in order, by labels and fields, page after page', async () => {
    fake.put(map('b', {}, { app: 'x' }), map('a', {}, { app: 'x', tier: 'y' }), map('c', {}));
    fake.pageSize = 1;
    const kube = fake.client();
    const named = async (selectors: object) =>
      (await kube.list('v1', 'ConfigMap', selectors)).map(({ metadata }) => metadata?.name);
    expect(await named({})).toEqual(['a', 'b', 'c']);
    expect(await named({ labelSelector: 'app=x' })).toEqual(['a', 'b']);
    expect(await named({ labelSelector: 'app in (x,z),!tier' })).toEqual(['b']);
    expect(await named({ labelSelector: 'app!=x' })).toEqual(['c']);
    expect(await named({ fieldSelector: 'metadata.name=b' })).toEqual(['b']);
    expect(await named({ namespace: 'default' })).toEqual([]);
  });

  it('are not found, exist already, or have no namespace to be in', async () => {
    const kube = fake.client();
    expect(await kube.get(ref('a'))).toBeUndefined();
    await kube.create(map('a', { k: '1' }));
    const twice = await kube.create(map('a', {})).catch(refusalStatus);
    expect(twice).toBe(409);
    const lost = { ...map('a', {}), metadata: { name: 'a', namespace: 'nowhere' } };
    expect(await kube.create(lost).catch(refusalStatus)).toBe(404);
    expect(await kube.list('example.com/v1', 'Thing')).toEqual([]);
  });

  it('keep their resourceVersion when nothing changes, and count generations of spec', async () => {
    const kube = fake.client();
    const deployment = (replicas: number) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd', namespace: 'sample' },
      spec: { replicas },
    });
    const first = (await kube.apply(deployment(1))).object.metadata;
    const again = (await kube.apply(deployment(1))).object.metadata;
    const changed = (await kube.apply(deployment(2))).object.metadata;
    expect([again?.resourceVersion, again?.generation]).toEqual([first?.resourceVersion, 1]);
    expect(changed?.resourceVersion).not.toBe(first?.resourceVersion);
    expect(changed?.generation).toBe(2);
    expect(fake.writes).toEqual(['apply Deployment/d', 'apply Deployment/d']);
  });

  it('go at once, or with their last finalizer', async () => {
    const kube = fake.client();
    fake.put({ ...map('a', {}), metadata: { name: 'a', namespace: 'sample', finalizers: ['x/y'] } });
    await kube.remove(ref('a'));
    expect((await kube.get(ref('a')))?.metadata?.deletionTimestamp).toBeDefined();
    await kube.patch(ref('a'), { metadata: { finalizers: null } });
    expect(await kube.get(ref('a'))).toBeUndefined();
  });

  it('are only shown in a dry run, after what webhooks make of them', async () => {
    fake.admit = (object) => ({ ...object, data: { ...(object['data'] as object), added: 'yes' } });
    const { object } = await fake.client().apply(map('a', { k: '1' }), { dryRun: true });
    expect(object['data']).toEqual({ k: '1', added: 'yes' });
    expect(await fake.client().get(ref('a'))).toBeUndefined();
    expect(fake.writes).toEqual([]);
  });
});

describe('server-side apply', () => {
  it('shares equal values, refuses other ones by name, and takes them over by force', async () => {
    await applyAs('them', map('a', { k: '1', theirs: 'x' }));
    expect((await applyAs('us', map('a', { k: '1' }))).status).toBe(200);
    const refused = await applyAs('us', map('a', { k: '2' }));
    expect(refused.status).toBe(409);
    expect(refused.body.message).toContain('conflict with "them": .data.k');
    expect((await applyAs('us', map('a', { k: '2' }), true)).body.data).toEqual({ k: '2', theirs: 'x' });
    expect((await applyAs('them', map('a', { k: '1', theirs: 'x' }))).status).toBe(409);
  });

  it('removes what a manager no longer states, and leaves what others own', async () => {
    await applyAs('us', map('a', { k: '1', ours: 'y' }));
    await applyAs('them', map('a', { k: '1', theirs: 'x' }));
    expect((await applyAs('us', map('a', {}))).body.data).toEqual({ k: '1', theirs: 'x' });
  });

  it('treats named elements one by one', async () => {
    const kube = fake.client();
    const pod = (image: string, ...names: string[]) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'sample' },
      spec: { containers: names.map((name) => ({ name, image })) },
    });
    fake.put(pod('theirs', 'sidecar'));
    const { object } = await kube.apply(pod('ours', 'app'));
    expect(object['spec']).toEqual({
      containers: [
        { name: 'sidecar', image: 'theirs' },
        { name: 'app', image: 'ours' },
      ],
    });
    const managers = object.metadata?.managedFields?.map(({ manager, operation }) => [manager, operation]);
    expect(managers).toEqual([
      ['somebody', 'Update'],
      ['isthmus', 'Apply'],
    ]);
    const pair = await kube.apply(pod('ours', 'app', 'other'));
    expect(pair.object['spec']).toMatchObject({ containers: [{}, { name: 'app' }, { name: 'other' }] });
    const one = await kube.apply(pod('ours', 'other'));
    expect(one.object['spec']).toEqual({
      containers: [
        { name: 'sidecar', image: 'theirs' },
        { name: 'other', image: 'ours' },
      ],
    });
  });
});

describe('beside objects', () => {
  it('definitions bring kinds', async () => {
    const kube = fake.client();
    await kube.apply({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Thing', plural: 'things' },
        versions: [{ name: 'v1', served: true }],
      },
    });
    const thing = {
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 't', namespace: 'sample' },
    };
    expect((await kube.apply(thing)).change.action).toBe('create');
  });

  it('commands run in pods that are there, with their input', async () => {
    fake.put({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'sample' } });
    fake.exec = ({ command, stdin, container }) =>
      command[0] === 'cat' ? { stdout: stdin, stderr: container ?? '', exitCode: 3 } : undefined;
    const kube = fake.client();
    const pod = { namespace: 'sample', name: 'p', container: 'c' };
    expect(await kube.exec(pod, ['cat'], { stdin: 'in' })).toEqual({
      stdout: 'in',
      stderr: 'c',
      exitCode: 3,
    });
    expect((await kube.exec(pod, ['ls'])).exitCode).toBe(127);
    expect(await kube.exec({ ...pod, name: 'q' }, ['cat']).catch(refusalStatus)).toBe(404);
    await expect(kube.exec({ ...pod, name: 'q' }, ['cat'])).rejects.toThrow('pods "q" not found');
    fake.kubelet = (socket, { searchParams }) => {
      socket.send(Buffer.from(`\x01${searchParams.get('command')}`));
      socket.terminate();
    };
    await expect(kube.exec(pod, ['cat'])).rejects.toMatchObject({ code: 'API_REFUSED' });
  });

  it('rights are what the test says, of whoever asks', async () => {
    const may = (kube: ReturnType<typeof fake.client>, resource: string) =>
      missingRights(kube, [{ verb: 'list', group: '', resource }]);
    expect(await may(fake.client(), 'pods')).toEqual([]);
    fake.allows = ({ resource }, token) => resource !== 'pods' || token === 'reader';
    expect(await may(fake.client(), 'pods')).toHaveLength(1);
    expect(await may(fake.client(), 'secrets')).toEqual([]);
    expect(await may(fake.client().withToken('reader'), 'pods')).toEqual([]);
  });

  it('tokens are accepted until what they are bound to is another object', async () => {
    const kube = fake.client();
    fake.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'sample' } });
    const { metadata } = fake.store.get(
      fake.placeOf({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'sample' } }),
    );
    const token = fake.tokens.issue({ boundObjectRef: { name: 's', uid: metadata?.uid ?? '' } });
    const review = async () => {
      const spec = { token };
      const answer = await kube.create({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec });
      return (answer['status'] as { authenticated: boolean }).authenticated;
    };
    expect(await review()).toBe(true);
    expect(await kube.withToken(token).list('v1', 'Pod')).toEqual([]);
    fake.put({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'sample' } });
    expect(await review()).toBe(false);
    expect(await kube.withToken(token).list('v1', 'Pod').catch(refusalStatus)).toBe(401);
  });

  it('bearer tokens of others are accepted as the test says', async () => {
    const own = await FakeApiServer.start({ authenticate: (token) => token === 'known' });
    onTestFinished(() => own.close());
    expect(await own.client().version().catch(refusalStatus)).toBe(401);
    expect(await own.client().withToken('known').version()).toBe(own.version);
  });

  it('Secrets of the type get a token that lives as long as they do', async () => {
    const kube = fake.client();
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 't', namespace: 'sample' } };
    const ref = { ...secret, ...secret.metadata };
    const lasting = { ...secret, type: 'kubernetes.io/service-account-token' };
    expect((await kube.apply(lasting)).object['data']).toBeUndefined();
    const { data } = (await kube.get(ref)) as { data?: { token: string } };
    const token = Buffer.from(data?.token ?? '', 'base64').toString();
    expect((await kube.apply(lasting)).object['data']).toEqual(data);
    expect(await kube.withToken(token).list('v1', 'Pod')).toEqual([]);
    await kube.remove(ref);
    expect(await kube.withToken(token).list('v1', 'Pod').catch(refusalStatus)).toBe(401);
  });
});

describe('modes', () => {
  it('forbids everything', async () => {
    fake.mode = 'forbidding';
    expect(await fake.client().version().catch(refusalStatus)).toBe(403);
    expect(await fake.client().list('v1', 'Pod').catch(refusalStatus)).toBe(403);
    const pod = { namespace: 'sample', name: 'p' };
    expect(await fake.client().exec(pod, ['ls']).catch(refusalStatus)).toBe(403);
  });

  it('never answers', async () => {
    fake.mode = 'silent';
    await expect(fake.client().version({ timeoutMs: 50 })).rejects.toThrow('no answer within 0.05 s');
    const pod = { namespace: 'sample', name: 'p' };
    await expect(fake.client().exec(pod, ['ls'], { timeoutMs: 50 })).rejects.toThrow(
      'timed out after 0.05 s',
    );
  });

  it('is half dead by kind', async () => {
    fake.mode = 'half-dead';
    fake.sick = (plural) => (({ pods: 500, secrets: 'reset' }) as const)[plural as 'pods'];
    const kube = fake.client();
    expect(await kube.list('v1', 'Pod').catch(refusalStatus)).toBe(500);
    await expect(kube.list('v1', 'Secret')).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    expect(await kube.list('v1', 'Service')).toEqual([]);
  });
});
