import { describe, expect, it } from 'vitest';
import {
  featureProblems,
  type IstiodConfigFacts,
  identityProblems,
  readerProblems,
} from '../../../src/checks/istiod/istiod-config.ts';
import { shardProblems } from '../../../src/checks/remotes/shards.ts';
import { parseShards } from '../../../src/istio/index.ts';

const observation: IstiodConfigFacts = {
  cluster: 'eks-1',
  deployment: 'istiod',
  revision: 'default',
  environment: { CLUSTER_ID: 'eks-1', ISTIO_MULTIROOT_MESH: 'true' },
  config: {
    trustDomain: 'cluster.local',
    defaultConfig: { meshId: 'mesh1', proxyMetadata: { PROXY_CONFIG_XDS_AGENT: 'true' } },
  },
};
const reader = {
  cluster: 'eks-1',
  readable: new Set([
    '/pods',
    '/services',
    '/nodes',
    '/namespaces',
    '/configmaps',
    'discovery.k8s.io/endpointslices',
  ]),
};
const mesh = { meshID: 'mesh1', trustDomain: 'cluster.local' };
const messages = (problems: readonly { message: string }[]) => problems.map(({ message }) => message);

describe('istiod’s configuration', () => {
  it('raises nothing where all is as it should be', () => {
    expect([
      ...identityProblems(observation, mesh),
      ...featureProblems(observation),
      ...readerProblems(reader),
    ]).toEqual([]);
  });

  it('names another cluster name, mesh and trust domain', () => {
    const other = { ...observation, environment: { CLUSTER_ID: 'Kubernetes' } };
    expect(messages(identityProblems(other, { meshID: 'm', trustDomain: 'td' }))).toEqual([
      'calls its cluster Kubernetes, others know it as eks-1',
      'is of mesh mesh1, the mesh is m',
      'has trust domain cluster.local, the mesh has td',
    ]);
  });

  it('takes a missing cluster name for istiod’s own default, which is wrong nearly everywhere', () => {
    const nameless = { ...observation, deployment: 'istiod-canary', revision: 'canary', environment: {} };
    expect(identityProblems(nameless, mesh)).toEqual([
      expect.objectContaining({
        object: 'Deployment istio-system/istiod-canary',
        message: 'calls its cluster Kubernetes, others know it as eks-1',
        evidence: 'CLUSTER_ID=(absent), which means Kubernetes',
      }),
    ]);
    expect(identityProblems({ ...nameless, cluster: 'Kubernetes' }, mesh)).toEqual([]);
  });

  it('takes an alias for the trust domain', () => {
    const config = { ...observation.config, trustDomainAliases: ['td'] };
    expect(identityProblems({ ...observation, config }, { ...mesh, trustDomain: 'td' })).toEqual([]);
  });

  it('names each feature that is off', () => {
    expect(messages(featureProblems({ ...observation, environment: {}, config: undefined }))).toEqual([
      'cannot rotate the root under traffic: ISTIO_MULTIROOT_MESH (istiod) and PROXY_CONFIG_XDS_AGENT (proxies) are off',
    ]);
  });

  it('names what an old reader role leaves out', () => {
    const readable = new Set([...reader.readable].filter((one) => one !== '/configmaps'));
    expect(messages(readerProblems({ ...reader, readable }))).toEqual([
      'does not let other istiods read configmaps',
    ]);
    expect(readerProblems({ ...reader, readable: undefined })).toHaveLength(1);
  });
});

describe('shards', () => {
  const facts = [
    { cluster: 'eks-1', endpoints: [endpoint('10.1.0.7')] },
    { cluster: 'eks-2', endpoints: [endpoint('10.2.0.7'), endpoint('10.2.0.8')] },
  ];
  const at = { cluster: 'eks-1', pod: 'istiod-0' };

  it('names the cluster whose pods one istiod lost', () => {
    const known = parseShards({
      'Kubernetes/eks-1': [{ Addresses: ['10.1.0.7'] }],
      'Kubernetes/eks-2': [{ Addresses: ['10.2.0.7'] }],
    });
    expect(shardProblems(at, known, facts)).toEqual([
      expect.objectContaining({
        object: 'Pod istio-system/istiod-0',
        message: 'does not know 1 of 2 helloworld pods of eks-2',
        evidence: 'missing 10.2.0.8; known 10.2.0.7',
      }),
    ]);
    expect(shardProblems(at, { 'eks-1': ['10.1.0.7'], 'eks-2': ['10.2.0.7', '10.2.0.8'] }, facts)).toEqual(
      [],
    );
  });
});

function endpoint(address: string) {
  return { address, port: 5000, ready: true, locality: '', mtls: true };
}
