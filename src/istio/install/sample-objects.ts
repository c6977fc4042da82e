import type { KubeObject } from '../../kubernetes/index.ts';
import { images } from '../../toolchain/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import { SAMPLE_NAMESPACE } from '../names.ts';
import { MAX_AGE_SECONDS } from './http-connections.ts';
import { sampleNamespace } from './namespaces.ts';

const HELLO_PORT = 5000;

/** Even clusters answer as v1, odd ones as v2, so that an answer tells where it came from. */
export const helloVersion = (spec: ClusterSpec): 'v1' | 'v2' => (spec.index % 2 === 0 ? 'v1' : 'v2');

/** The client (sleep) and the server (helloworld) that prove the mesh. */
export function sampleObjects(spec: ClusterSpec): KubeObject[] {
  return [
    sampleNamespace(),
    account('sleep'),
    account('helloworld'),
    service('sleep', [{ name: 'http', port: 80, targetPort: 80 }]),
    service('helloworld', [{ name: 'http', port: HELLO_PORT, targetPort: HELLO_PORT }]),
    sleep(),
    helloworld(spec),
  ];
}

const named = (name: string, labels: Record<string, string>) => ({
  name,
  namespace: SAMPLE_NAMESPACE,
  labels,
});

const account = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: named(name, { app: name }),
});

function service(name: string, ports: object[]): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: named(name, { app: name, service: name }),
    spec: { selector: { app: name }, ports },
  };
}

function sleep(): KubeObject {
  const labels = { app: 'sleep' };
  return deployment('sleep', labels, {
    name: 'sleep',
    image: images.curl,
    command: ['/bin/sleep', 'infinity'],
  });
}

/**
 * It answers until proxies of every cluster know that it ends, and until connections that a gateway passes on to it,
 * of which they know nothing, have ended.
 */
const SERVES_ON_SECONDS = MAX_AGE_SECONDS + 5;

function helloworld(spec: ClusterSpec): KubeObject {
  const version = helloVersion(spec);
  return deployment(
    `helloworld-${version}`,
    { app: 'helloworld', version },
    {
      name: 'helloworld',
      image: images.helloworld[version === 'v1' ? 0 : 1],
      env: [{ name: 'SERVICE_VERSION', value: version }],
      ports: [{ containerPort: HELLO_PORT }],
      readinessProbe: { httpGet: { path: '/health', port: HELLO_PORT }, periodSeconds: 2 },
      lifecycle: { preStop: { sleep: { seconds: SERVES_ON_SECONDS } } },
    },
  );
}

/** Without `replicas`: whoever scales a sample by hand is not fought over; the traffic check reports it. */
function deployment(name: string, labels: Record<string, string>, container: object): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: named(name, labels),
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          annotations: { 'proxy.istio.io/config': '{"holdApplicationUntilProxyStarts": true}' },
        },
        spec: {
          serviceAccountName: labels['app'],
          // Requests take milliseconds; sleep as process 1 ignores SIGTERM, and helloworld ends only after a while.
          terminationGracePeriodSeconds: labels['app'] === 'sleep' ? 5 : SERVES_ON_SECONDS + 15,
          containers: [
            { imagePullPolicy: 'IfNotPresent', resources: { requests: { cpu: '10m' } }, ...container },
          ],
        },
      },
    },
  };
}
