import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Facts } from '../../../../src/checks/facts/facts.ts';
import { secrets } from '../../../../src/checks/remotes/secrets.ts';
import { remoteSecretName } from '../../../../src/istio/index.ts';
import type { Deployment, KubeObject, Secret } from '../../../../src/kubernetes/index.ts';
import { createRoot, issueLeaf } from '../../../../src/pki/index.ts';
import { FakeMesh } from '../../../fakes/mesh.ts';

const root = await createRoot({ subject: 'clients', algorithm: 'ecdsa-p256', years: 1 });
const leaf = await issueLeaf({ issuer: root, commonName: 'reader', usages: ['client'], days: 1 });
const base64 = (text: string) => Buffer.from(text).toString('base64');
const own = { apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system', name: remoteSecretName('eks-2') };

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

interface Kubeconfig {
  clusters: { name: string; cluster: object }[];
  users: { name: string; user: object }[];
  contexts: { name: string; context: object }[];
  'current-context': string;
}

/** Changes the kubeconfig of eks-2 that eks-1 holds. */
async function hold(change: (kubeconfig: Kubeconfig) => void): Promise<void> {
  const { server, cluster } = mesh.member('eks-1');
  const secret = (await cluster.kube.get<Secret>(own)) as Secret;
  const kubeconfig = parse(Buffer.from(secret.data?.['eks-2'] ?? '', 'base64').toString()) as Kubeconfig;
  change(kubeconfig);
  server.put({ ...secret, data: { 'eks-2': base64(JSON.stringify(kubeconfig)) } } as KubeObject);
}

const asUser = (user: object) => hold(({ users: [first] }) => Object.assign(first ?? {}, { user }));

/** Every istiod of eks-1 may use what is not safe. */
async function allow(options: string): Promise<void> {
  const { server, cluster } = mesh.member('eks-1');
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'istio-system', name: 'istiod' };
  const deployment = structuredClone(await cluster.kube.get<Deployment>(ref)) as Deployment;
  for (const { env = [] } of deployment.spec?.template?.spec?.containers ?? [])
    env.push({ name: 'PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS', value: options });
  server.put(deployment as KubeObject);
}

async function told(): Promise<string[]> {
  const context = await mesh.context();
  const [cluster] = context.clusters;
  if (!cluster) throw new Error('no cluster');
  const outcome = await secrets.run({ ...context, facts: new Facts(context) }, cluster);
  return [outcome.status, ...('problems' in outcome ? outcome.problems.map(({ message }) => message) : [])];
}

const exec = {
  apiVersion: 'client.authentication.k8s.io/v1',
  command: 'get-token',
  interactiveMode: 'Never',
};
const oidc = { name: 'oidc', config: { 'idp-issuer-url': 'https://id', 'client-id': 'istiod' } };
const certificate = {
  'client-certificate-data': base64(leaf.certificatePem),
  'client-key-data': base64(leaf.keyPem),
};

describe('a remote secret of another kind', () => {
  it.each<[what: string, user: object, words: RegExp]>([
    ['a program', { exec }, /for eks-2 that istiod refuses: exec is not allowed$/],
    ['a token’s file', { tokenFile: '/planted' }, /refuses: tokenFile is not allowed$/],
    ['a former provider', { 'auth-provider': { name: 'gcp' } }, /refuses: auth-provider gcp is not allowed$/],
    ['two ways at once', { token: 'planted', username: 'u' }, /refuses: user eks-2 has both a token and/],
    ['nothing', {}, /user has no token, certificate or other credential$/],
  ])('with %s fails, and says what of it', async (_what, user, words) => {
    await asUser(user);
    expect(await told()).toEqual(['fail', expect.stringMatching(words)]);
    expect((await told()).join()).not.toContain('planted');
  });

  it.each<[what: string, user: object, words: RegExp]>([
    [
      'OIDC',
      { 'auth-provider': oidc },
      /whether eks-2 accepts its token from auth-provider oidc is not proven/,
    ],
    ['a program that is allowed', { exec }, /accepts its credential from a program .* is not proven/],
    [
      'a file that is allowed',
      { tokenFile: '/t' },
      /accepts its token in a file of istiod’s pod is not proven/,
    ],
    // Nobody is told who asks by plain HTTP.
    ['a client certificate', certificate, /accepts its client certificate is not proven/],
  ])('with %s is not proven, and neither right nor wrong', async (_what, user, words) => {
    await allow('exec,tokenFile');
    await asUser(user);
    expect(await told()).toEqual(['warn', expect.stringMatching(words)]);
  });

  it('with a client certificate that has ended fails', async () => {
    const past = new Date(Date.now() - 10 * 86_400_000);
    const old = await issueLeaf({
      issuer: root,
      commonName: 'reader',
      usages: ['client'],
      days: 1,
      now: past,
    });
    await asUser({
      'client-certificate-data': base64(old.certificatePem),
      'client-key-data': base64(old.keyPem),
    });
    expect(await told()).toEqual(['fail', 'its client certificate for eks-2 expired']);
  });

  it('that verifies nothing warns', async () => {
    await hold(({ clusters: [first] }) =>
      Object.assign(first?.cluster ?? {}, { 'insecure-skip-tls-verify': true }),
    );
    expect(await told()).toEqual(['warn', 'does not verify the API server of eks-2']);
  });
});

describe('a kubeconfig of several clusters', () => {
  const beside = ({ clusters, users, contexts }: Kubeconfig) => {
    clusters.unshift({ name: 'first', cluster: { server: 'https://first:6443' } });
    users.unshift({ name: 'first', user: { username: 'first' } });
    contexts.unshift({ name: 'first', context: { cluster: 'first', user: 'first' } });
  };

  it('is judged by its current context', async () => {
    await hold(beside);
    expect(await told()).toEqual(['pass']);
  });

  it('is refused without one', async () => {
    await hold((kubeconfig) => {
      beside(kubeconfig);
      kubeconfig['current-context'] = '';
    });
    expect(await told()).toEqual(['fail', expect.stringMatching(/refuses: it has no current-context$/)]);
  });
});
