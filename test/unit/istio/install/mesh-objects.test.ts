import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { meshObjects } from '../../../../src/istio/index.ts';
import { stageObjects } from '../../../../src/istio/install/mesh-objects.ts';
import type { KubeObject } from '../../../../src/kubernetes/index.ts';
import { cidrOf } from '../../../../src/topology/index.ts';
import { internalGateway } from '../../../fakes/gateways.ts';
import { cloudCapabilities, clusterSpec, localCapabilities, topologyOf } from '../fixtures.ts';
import { charted, type deployment } from './charted.ts';

const signal = new AbortController().signal;
const topology = topologyOf(['eks-1', 'eks-2']);

let folder: string;
let istioctl: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-objects-'));
  istioctl = join(folder, 'istioctl');
  const documents = charted.map((object) => `---\n${stringify(object)}`).join('');
  await writeFile(join(folder, 'manifest.yaml'), documents);
  await writeFile(
    istioctl,
    `#!/bin/sh\ncat >> ${folder}/asked\necho >> ${folder}/asked\ncat ${folder}/manifest.yaml\n`,
  );
  await chmod(istioctl, 0o755);
});
afterEach(() => rm(folder, { recursive: true }));

const render = (index: number, capabilities = localCapabilities, more: object = {}) =>
  meshObjects({
    topology,
    spec: { ...clusterSpec(`eks-${index + 1}`, index), ...more },
    capabilities,
    istioctl,
    cache: join(folder, 'cache'),
    signal,
  });
const asked = async () => (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n');
const find = (objects: readonly KubeObject[], kind: string, name: string) =>
  objects.find((object) => object.kind === kind && object.metadata?.name === name);

describe('meshObjects', () => {
  it('sorts everything into stages and marks it as ours', async () => {
    const stages = await render(0);
    const names = stages.map(({ stage, objects }) => ({
      [stage]: objects.map(({ kind, metadata }) => `${kind} ${metadata?.name}`),
    }));
    expect(names).toMatchInlineSnapshot(`
      [
        {
          "foundation": [
            "Namespace istio-system",
            "Namespace istio-ingress",
            "CustomResourceDefinition gateways.networking.istio.io",
          ],
        },
        {
          "control-plane": [
            "Deployment istiod",
          ],
        },
        {
          "gateways": [
            "Service istio-ingressgateway",
            "Service istio-eastwestgateway",
            "Deployment istio-ingressgateway",
            "Deployment istio-eastwestgateway",
            "Gateway cross-network-gateway",
            "PeerAuthentication default",
            "EnvoyFilter isthmus-http-connections",
            "DestinationRule isthmus-http-connections",
          ],
        },
        {
          "samples": [
            "Namespace sample",
            "ServiceAccount sleep",
            "ServiceAccount helloworld",
            "Service sleep",
            "Service helloworld",
            "Deployment sleep",
            "Deployment helloworld-v1",
          ],
        },
      ]
    `);
    const labels = stages.flatMap(({ objects }) => objects.map(({ metadata }) => metadata?.labels ?? {}));
    expect(labels.every((one) => one['app.kubernetes.io/managed-by'] === 'isthmus')).toBe(true);
  });

  it('asks istioctl once for each cluster, and again only when the input or istioctl changes', async () => {
    const first = await render(0);
    expect(await render(0)).toEqual(first);
    expect(await asked()).toHaveLength(1);
    await render(1);
    await render(0, cloudCapabilities);
    expect(await asked()).toHaveLength(3);
    await writeFile(istioctl, `${await readFile(istioctl, 'utf8')}# another build\n`);
    await render(0);
    expect(await asked()).toHaveLength(4);
  });

  it('makes a kept manifest anew when it is damaged', async () => {
    const first = await render(0);
    const { readdir } = await import('node:fs/promises');
    const [kept = ''] = await readdir(join(folder, 'cache'));
    await writeFile(join(folder, 'cache', kept), '[{"kind":');
    expect(await render(0)).toEqual(first);
  });

  it('says TOOL_MISSING without istioctl', async () => {
    await rm(istioctl);
    await expect(render(0)).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  });

  it('labels only the east-west Service as a way into the network, but both gateways’ pods', async () => {
    const objects = (await render(1))[2]?.objects ?? [];
    const network = (kind: string, name: string) => {
      const found = find(objects, kind, name) as {
        metadata: object;
        spec: { template?: { metadata: object } };
      };
      const { labels } = (found.spec.template?.metadata ?? found.metadata) as {
        labels: Record<string, string>;
      };
      return labels['topology.istio.io/network'];
    };
    expect(network('Service', 'istio-eastwestgateway')).toBe('network2');
    expect(network('Service', 'istio-ingressgateway')).toBeUndefined();
    expect(network('Deployment', 'istio-eastwestgateway')).toBe('network2');
    expect(network('Deployment', 'istio-ingressgateway')).toBe('network2');
    const selector = find(objects, 'Deployment', 'istio-eastwestgateway')?.['spec'] as typeof deployment;
    expect(selector.selector.matchLabels).toEqual({ app: 'g' });
  });

  it('gives each gateway its own exposure, source ranges, annotations and class, and no node ports', async () => {
    const gateways = {
      ingress: { ...internalGateway, annotations: { own: 'yes' }, class: 'own/class' },
      eastWest: { ...internalGateway, sourceRanges: [cidrOf('10.0.0.0/8')] },
    };
    const objects = (await render(0, cloudCapabilities, { gateways }))[2]?.objects ?? [];
    const scheme = 'service.beta.kubernetes.io/aws-load-balancer-scheme';
    expect(find(objects, 'Service', 'istio-ingressgateway')).toMatchObject({
      metadata: { annotations: { [scheme]: 'internet-facing', own: 'yes' } },
      spec: { loadBalancerClass: 'own/class', allocateLoadBalancerNodePorts: false },
    });
    expect(find(objects, 'Service', 'istio-ingressgateway')?.['spec']).not.toHaveProperty(
      'loadBalancerSourceRanges',
    );
    expect(find(objects, 'Service', 'istio-eastwestgateway')).toMatchObject({
      metadata: { annotations: { [scheme]: 'internal' } },
      spec: {
        loadBalancerClass: 'eks.amazonaws.com/nlb',
        loadBalancerSourceRanges: ['10.0.0.0/8'],
        allocateLoadBalancerNodePorts: false,
      },
    });
  });

  it('keeps node ports where load balancers need them', async () => {
    const objects = (await render(0))[2]?.objects ?? [];
    for (const name of ['istio-ingressgateway', 'istio-eastwestgateway'])
      expect(find(objects, 'Service', name)?.['spec']).not.toHaveProperty('allocateLoadBalancerNodePorts');
  });

  it('never takes the word peers for a block', async () => {
    const gateways = { ingress: internalGateway, eastWest: { ...internalGateway, sourceRanges: ['peers'] } };
    await expect(render(0, cloudCapabilities, { gateways })).rejects.toMatchObject({ code: 'BUG' });
  });

  it.each([
    ['strict', 'STRICT'],
    ['permissive', 'PERMISSIVE'],
  ] as const)('asks every workload for %s mutual TLS', async (mtls, mode) => {
    const objects = await stageObjects('gateways', {
      topology: { ...topology, istio: { ...topology.istio, mtls } },
      spec: clusterSpec('eks-1', 0),
      capabilities: localCapabilities,
      istioctl,
      cache: folder,
      signal,
    });
    expect(find(objects, 'PeerAuthentication', 'default')).toMatchObject({
      metadata: { namespace: 'istio-system' },
      spec: { mtls: { mode } },
    });
  });

  it('answers as v1 and v2 in turn and leaves the number of replicas to whoever scales', async () => {
    const sample = async (index: number) => (await render(index))[3]?.objects ?? [];
    for (const [index, version] of ['v1', 'v2', 'v1'].entries()) {
      const hello = find(await sample(index), 'Deployment', `helloworld-${version}`);
      expect(hello?.['spec']).not.toHaveProperty('replicas');
      expect(JSON.stringify(hello)).toContain(`{"name":"SERVICE_VERSION","value":"${version}"}`);
    }
  });

  it('renders no sample when the file wants none', async () => {
    const stages = await meshObjects({
      topology: { ...topology, samples: false },
      spec: clusterSpec('eks-1', 0),
      capabilities: localCapabilities,
      istioctl,
      cache: folder,
      signal,
    });
    expect(stages[3]).toEqual({ stage: 'samples', objects: [] });
  });
});
