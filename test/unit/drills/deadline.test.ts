import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Step } from '../../../src/drills/frame/change.ts';
import { Journal } from '../../../src/drills/frame/journal.ts';
import {
  conditionalInverse,
  drillLabel,
  pathOfRef,
  pluralOf,
  undoRules,
  undoScript,
} from '../../../src/drills/frame/undo-script.ts';
import { undoDrills } from '../../../src/drills/index.ts';
import type { ConfigMap, KubeObject } from '../../../src/kubernetes/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';
import { Refused } from '../../fakes/object-store.ts';

const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'sample', name: 'web' };
const scaled = {
  kind: 'patch',
  ref,
  set: { spec: { replicas: 0 } },
  before: { metadata: { name: 'web' }, spec: { replicas: 3 } },
} as const;
const drained = {
  kind: 'patch',
  ref: { apiVersion: 'v1', kind: 'Pod', namespace: 'sample', name: 'web-1' },
  set: { metadata: { labels: { 'istio.io/draining': 'true' } } },
  before: { metadata: { name: 'web-1', labels: {} } },
} as const;
const made = {
  kind: 'create',
  object: {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { namespace: 'sample', name: "isthmus-drill-o'web" },
  },
} as const;
const steps: Step[] = [scaled, { kind: 'outage', cluster: 'eks-2', part: 'api-server' }, drained, made];

describe('what a pod does to undo a drill', () => {
  it('takes a field back only where it still is as the drill set it', () => {
    expect(conditionalInverse(scaled)).toEqual([
      { op: 'test', path: '/spec/replicas', value: 0 },
      { op: 'replace', path: '/spec/replicas', value: 3 },
    ]);
    expect(conditionalInverse(drained)).toEqual([
      { op: 'test', path: '/metadata/labels/istio.io~1draining', value: 'true' },
      { op: 'remove', path: '/metadata/labels/istio.io~1draining' },
    ]);
  });

  it.each([
    ['Deployment', 'deployments'],
    ['AuthorizationPolicy', 'authorizationpolicies'],
    ['PeerAuthentication', 'peerauthentications'],
    ['EnvoyFilter', 'envoyfilters'],
    ['DestinationRule', 'destinationrules'],
    ['VirtualService', 'virtualservices'],
    ['Pod', 'pods'],
  ])('knows the resource of %s', (kind, plural) => {
    expect(pluralOf(kind)).toBe(plural);
  });

  it('goes from the last step to the first, and gives its rights back in the end', () => {
    const said = undoScript(steps, '7-abc').split('\n');
    expect(said.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `removed /apis/security.istio.io/v1/namespaces/sample/authorizationpolicies/isthmus-drill-o'web`,
      'patched /api/v1/namespaces/sample/pods/web-1',
      'patched /apis/apps/v1/namespaces/sample/deployments/web',
      'gone /apis/rbac.authorization.k8s.io/v1/namespaces/sample/roles/isthmus-drill',
    ]);
  });

  it('is a script that any shell takes, whatever is in it', () => {
    const odd = { ...scaled, set: { metadata: { annotations: { a: `it's "$HOME" \`x\`` } } } };
    const functions = `patched() { printf '%s' "$2"; }; gone() { :; }\n`;
    const { stdout } = spawnSync('sh', ['-c', functions + undoScript([odd], '7-abc')], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toEqual(conditionalInverse(odd));
  });

  it('may do that and nothing else', () => {
    expect(undoRules(steps, 'sample')).toEqual([
      { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['web'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['pods'], resourceNames: ['web-1'], verbs: ['patch'] },
      {
        apiGroups: ['security.istio.io'],
        resources: ['authorizationpolicies'],
        resourceNames: ["isthmus-drill-o'web"],
        verbs: ['patch', 'delete'],
      },
      {
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['roles'],
        resourceNames: ['isthmus-drill'],
        verbs: ['delete'],
      },
    ]);
    expect(undoRules(steps, 'other')).toHaveLength(1);
  });

  it('asks for an object where the API server has it', () => {
    expect(pathOfRef({ apiVersion: 'v1', kind: 'Node', name: 'a' })).toBe('/api/v1/nodes/a');
  });
});

describe('a drill’s deadline in the cluster', () => {
  let mesh: FakeMesh;
  const signal = AbortSignal.timeout(60_000);
  beforeEach(async () => {
    mesh = await FakeMesh.healthy();
  });
  afterEach(() => mesh.close());

  const clusters = () => mesh.members.map(({ cluster }) => cluster);
  const open = () => Journal.open({ drill: 'failover', clusters: clusters(), deadlineSeconds: 77, signal });
  const change = {
    kind: 'patch',
    ref: { ...ref, name: 'helloworld-v1' },
    set: { spec: { replicas: 0 } },
  } as const;

  async function own(run: string): Promise<string[]> {
    const kinds = [
      ['v1', 'Pod'],
      ['v1', 'ServiceAccount'],
      ['v1', 'ConfigMap'],
      ['rbac.authorization.k8s.io/v1', 'Role'],
      ['rbac.authorization.k8s.io/v1', 'RoleBinding'],
    ] as const;
    const { kube } = mesh.member('eks-1').cluster;
    const found = await Promise.all(
      kinds.map(([version, kind]) => kube.list(version, kind, { labelSelector: `${drillLabel}=${run}` })),
    );
    return found.flat().map(({ kind, metadata }) => `${kind} ${metadata?.namespace}/${metadata?.name}`);
  }

  it('is a pod that knows each step beforehand, and goes with the drill', async () => {
    const journal = await open();
    expect(journal.unguarded.size).toBe(0);
    await journal.act(mesh.member('eks-1').cluster, change);
    expect(await own(journal.run)).toEqual([
      'Pod istio-system/isthmus-drill-deadline',
      'ServiceAccount istio-system/isthmus-drill-deadline',
      'ConfigMap istio-system/isthmus-drill',
      'Role istio-system/isthmus-drill-deadline',
      'Role sample/isthmus-drill',
      'RoleBinding istio-system/isthmus-drill-deadline',
      'RoleBinding sample/isthmus-drill',
    ]);
    const { kube } = mesh.member('eks-1').cluster;
    const record = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'istio-system', name: 'isthmus-drill' };
    const { data } = (await kube.get<ConfigMap>(record)) ?? {};
    expect(Buffer.from(data?.['undo'] ?? '', 'base64').toString()).toContain('deployments/helloworld-v1');
    await journal.undo(signal);
    await journal.close(signal);
    expect(await own(journal.run)).toEqual([]);
  });

  it('goes when somebody else undoes the drill', async () => {
    const journal = await open();
    await journal.act(mesh.member('eks-1').cluster, change);
    await undoDrills({ clusters: clusters(), reporter: silentReporter, signal });
    expect(await own(journal.run)).toEqual([]);
  });

  it('is said to be missing where the cluster does not allow it, and the drill goes on', async () => {
    mesh.member('eks-1').server.refuse = (write) => {
      if (write.startsWith('create Role/')) throw new Refused(403, 'Forbidden', 'no roles for you');
    };
    const journal = await open();
    expect([...journal.unguarded.keys()]).toEqual(['eks-1']);
    expect(journal.unguarded.get('eks-1')).toContain('no roles for you');
    await journal.act(mesh.member('eks-1').cluster, change);
    expect(await own(journal.run)).toEqual(['ConfigMap istio-system/isthmus-drill']);
    expect(await journal.undo(signal)).toEqual([]);
  });

  it('is said to be missing without a sample client', async () => {
    for (const { server } of mesh.members) {
      const place = {
        kind: server.store.kindOf('v1', 'Pod'),
        namespace: 'sample',
        name: 'sleep-6d5f7b9c8-abcde',
      };
      server.put({ ...server.store.find(place), status: { phase: 'Pending' } } as KubeObject);
    }
    expect([...(await open()).unguarded.values()][0]).toContain('no sample client');
  });
});
