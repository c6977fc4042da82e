import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { meshObjects } from '../../../src/istio/index.ts';
import { connectionAge } from '../../../src/istio/install/connection-age.ts';
import { gatewayObjects } from '../../../src/istio/install/gateway-objects.ts';
import { stageObjects } from '../../../src/istio/install/mesh-objects.ts';
import { ingressNamespace } from '../../../src/istio/install/namespaces.ts';
import { operatorFor } from '../../../src/istio/install/operator.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { localProvider } from '../../../src/local/index.ts';
import { cidrOf } from '../../../src/topology/index.ts';
import { internalGateway } from '../../fakes/gateways.ts';
import { cloudCapabilities, clusterSpec, localCapabilities, topologyOf } from './fixtures.ts';

const signal = new AbortController().signal;
const topology = topologyOf(['eks-1', 'eks-2']);

interface HttpPatch {
  readonly match: object;
  readonly patch: {
    readonly value: {
      readonly typed_config: {
        readonly common_http_protocol_options: { readonly max_connection_duration: string };
      };
    };
  };
}

const gateway = (kind: string, name: string, spec: object) => ({
  apiVersion: kind === 'Service' ? 'v1' : 'apps/v1',
  kind,
  metadata: {
    name,
    namespace: 'istio-ingress',
    labels: { 'operator.istio.io/component': 'IngressGateways' },
  },
  spec,
});
const deployment = {
  selector: { matchLabels: { app: 'g' } },
  template: { metadata: { labels: { app: 'g' } }, spec: {} },
};
/** What the charts make, as far as the stages tell objects apart. */
const charted = [
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'gateways.networking.istio.io' },
  },
  { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'istiod', namespace: 'istio-system' } },
  gateway('Service', 'istio-ingressgateway', { type: 'LoadBalancer' }),
  gateway('Service', 'istio-eastwestgateway', { type: 'LoadBalancer' }),
  gateway('Deployment', 'istio-ingressgateway', deployment),
  gateway('Deployment', 'istio-eastwestgateway', deployment),
];

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
            "EnvoyFilter isthmus-connection-age",
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

describe('operatorFor', () => {
  it('asks for a small mesh with a vanilla Envoy', () => {
    expect(
      operatorFor({ topology, spec: clusterSpec('eks-2', 1), capabilities: localCapabilities }),
    ).toMatchInlineSnapshot(`
      {
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "spec": {
          "components": {
            "ingressGateways": [
              {
                "enabled": true,
                "k8s": {
                  "service": {
                    "ports": [
                      {
                        "name": "status-port",
                        "port": 15021,
                        "protocol": "TCP",
                        "targetPort": 15021,
                      },
                      {
                        "name": "http2",
                        "port": 80,
                        "protocol": "TCP",
                        "targetPort": 8080,
                      },
                      {
                        "name": "https",
                        "port": 443,
                        "protocol": "TCP",
                        "targetPort": 8443,
                      },
                    ],
                  },
                },
                "label": {
                  "app": "istio-ingressgateway",
                  "istio": "ingressgateway",
                },
                "name": "istio-ingressgateway",
                "namespace": "istio-ingress",
              },
              {
                "enabled": true,
                "k8s": {
                  "env": [
                    {
                      "name": "ISTIO_META_REQUESTED_NETWORK_VIEW",
                      "value": "network2",
                    },
                  ],
                  "service": {
                    "ports": [
                      {
                        "name": "status-port",
                        "port": 15021,
                        "protocol": "TCP",
                        "targetPort": 15021,
                      },
                      {
                        "name": "tls",
                        "port": 15443,
                        "protocol": "TCP",
                        "targetPort": 15443,
                      },
                    ],
                  },
                },
                "label": {
                  "app": "istio-eastwestgateway",
                  "istio": "eastwestgateway",
                },
                "name": "istio-eastwestgateway",
                "namespace": "istio-ingress",
              },
            ],
          },
          "hub": "docker.io/istio",
          "meshConfig": {
            "defaultConfig": {
              "proxyMetadata": {
                "PROXY_CONFIG_XDS_AGENT": "true",
              },
            },
            "defaultProviders": {
              "metrics": [],
            },
            "trustDomain": "cluster.local",
          },
          "profile": "minimal",
          "tag": "1.31.0",
          "values": {
            "gateways": {
              "istio-ingressgateway": {
                "autoscaleEnabled": false,
                "replicaCount": 1,
                "resources": {
                  "limits": null,
                  "requests": {
                    "cpu": "10m",
                    "memory": "64Mi",
                  },
                },
              },
            },
            "global": {
              "imagePullPolicy": "IfNotPresent",
              "meshID": "mesh1",
              "multiCluster": {
                "clusterName": "eks-2",
              },
              "network": "network2",
              "proxy": {
                "resources": {
                  "limits": null,
                  "requests": {
                    "cpu": "10m",
                    "memory": "40Mi",
                  },
                },
              },
            },
            "pilot": {
              "autoscaleEnabled": false,
              "env": {
                "AUTO_RELOAD_PLUGIN_CERTS": "true",
                "ISTIO_MULTIROOT_MESH": "true",
                "PILOT_DISABLE_MX_ALPN": "true",
                "PILOT_ENABLE_ALPN_FILTER": "false",
                "PILOT_ENABLE_METADATA_EXCHANGE": "false",
              },
              "replicaCount": 1,
              "resources": {
                "limits": null,
                "requests": {
                  "cpu": "10m",
                  "memory": "128Mi",
                },
              },
            },
            "telemetry": {
              "enabled": false,
            },
          },
        },
      }
    `);
  });

  it('asks for replicas, spread and Istio’s own filters in production', () => {
    const { spec } = operatorFor({
      topology,
      spec: clusterSpec('eks-1', 0),
      capabilities: cloudCapabilities,
    }) as {
      spec: { values: object; meshConfig: object };
    };
    expect(spec.meshConfig).toMatchInlineSnapshot(`
      {
        "defaultConfig": {
          "proxyMetadata": {
            "PROXY_CONFIG_XDS_AGENT": "true",
          },
        },
        "trustDomain": "cluster.local",
      }
    `);
    expect(spec.values).toMatchInlineSnapshot(`
      {
        "gateways": {
          "istio-ingressgateway": {
            "autoscaleEnabled": true,
            "autoscaleMax": 6,
            "autoscaleMin": 3,
          },
        },
        "global": {
          "imagePullPolicy": "IfNotPresent",
          "meshID": "mesh1",
          "multiCluster": {
            "clusterName": "eks-1",
          },
          "network": "network1",
        },
        "pilot": {
          "autoscaleEnabled": true,
          "autoscaleMax": 6,
          "autoscaleMin": 3,
          "env": {
            "AUTO_RELOAD_PLUGIN_CERTS": "true",
            "ISTIO_MULTIROOT_MESH": "true",
          },
          "topologySpreadConstraints": [
            {
              "labelSelector": {
                "matchLabels": {
                  "app": "istiod",
                },
              },
              "maxSkew": 1,
              "topologyKey": "topology.kubernetes.io/zone",
              "whenUnsatisfiable": "ScheduleAnyway",
            },
            {
              "labelSelector": {
                "matchLabels": {
                  "app": "istiod",
                },
              },
              "maxSkew": 1,
              "topologyKey": "kubernetes.io/hostname",
              "whenUnsatisfiable": "ScheduleAnyway",
            },
          ],
        },
      }
    `);
  });

  it('lets a gateway serve until its load balancer has let go of it, then drain, and be killed after both', async () => {
    const container = { name: 'istio-proxy', image: 'p' };
    const templated = {
      selector: {},
      template: { metadata: { labels: {} }, spec: { containers: [container] } },
    };
    const [gatewayOf] = gatewayObjects([gateway('Deployment', 'istio-eastwestgateway', templated)], {
      topology,
      spec: clusterSpec('eks-1', 0),
      capabilities: cloudCapabilities,
    });
    const made = gatewayOf as unknown as { spec: { template: { metadata: object; spec: object } } };
    const { metadata, spec } = made.spec.template;
    expect(metadata).toMatchObject({
      annotations: { 'proxy.istio.io/config': '{"terminationDrainDuration":"20s"}' },
    });
    expect(spec).toMatchObject({
      terminationGracePeriodSeconds: 90,
      containers: [{ ...container, lifecycle: { preStop: { sleep: { seconds: 60 } } } }],
    });
    const [byZone, byNode] = (spec as { topologySpreadConstraints: { topologyKey: string }[] })
      .topologySpreadConstraints;
    expect([byZone?.topologyKey, byNode?.topologyKey]).toEqual([
      'topology.kubernetes.io/zone',
      'kubernetes.io/hostname',
    ]);
  });

  it('ends HTTP between proxies, with an answer, sooner than any gateway that ends', () => {
    const spec = clusterSpec('eks-1', 0);
    const seconds = [localProvider().capabilities(spec), cloudCapabilities].map(
      ({ loadBalancers }) => loadBalancers.eastWest.deregistrationSeconds,
    );
    const filter = connectionAge() as unknown as { spec: { configPatches: [HttpPatch] } };
    const [{ match, patch }] = filter.spec.configPatches;
    // A gateway, also of another network, is not to end what it only passes on.
    expect(match).toMatchObject({ context: 'SIDECAR_INBOUND' });
    const { common_http_protocol_options, ...settings } = patch.value.typed_config;
    expect(settings).toMatchObject({
      http1_safe_max_connection_duration: true,
      delayed_close_timeout: '30s',
    });
    const age = Number.parseInt(common_http_protocol_options.max_connection_duration, 10);
    expect(age).toBeGreaterThan(0);
    for (const one of seconds) expect(age).toBeLessThanOrEqual(one);
  });

  it('gives gateways no node ports where targets are pods, unless the file wants them', () => {
    const serviceOf = (nodePorts?: boolean) => {
      const plan = clusterSpec('eks-1', 0);
      const ingress = { ...plan.gateways.ingress, nodePorts };
      const [service] = gatewayObjects([gateway('Service', 'istio-ingressgateway', {})], {
        topology,
        spec: { ...plan, gateways: { ...plan.gateways, ingress } },
        capabilities: cloudCapabilities,
      });
      return service?.['spec'];
    };
    expect(serviceOf()).toMatchObject({ allocateLoadBalancerNodePorts: false });
    expect(serviceOf(true)).not.toHaveProperty('allocateLoadBalancerNodePorts');
  });

  it('has the namespace of gateways labelled for the load balancer’s readiness gate', () => {
    const { metadata } = ingressNamespace(clusterSpec('eks-1', 0), cloudCapabilities);
    expect(metadata?.labels).toMatchObject({ 'example.org/gate': 'enabled' });
    expect(ingressNamespace(clusterSpec('eks-1', 0), localCapabilities).metadata?.labels).toEqual({
      'topology.istio.io/network': 'network1',
    });
  });

  it('opens no port that nothing serves', () => {
    const text = JSON.stringify(
      operatorFor({ topology, spec: clusterSpec('eks-1', 0), capabilities: cloudCapabilities }),
    );
    const ports = [...text.matchAll(/"port":(\d+)/g)].map(([, port]) => port);
    expect(ports).toEqual(['80', '443', '15443']);
    const unstated = JSON.stringify(
      operatorFor({ topology, spec: clusterSpec('eks-1', 0), capabilities: localCapabilities }),
    );
    expect([...unstated.matchAll(/"port":(\d+)/g)].map(([, port]) => port)).toEqual([
      '15021',
      '80',
      '443',
      '15021',
      '15443',
    ]);
  });
});
