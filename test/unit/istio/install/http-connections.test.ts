import { expect, it } from 'vitest';
import { httpConnections, MAX_AGE_SECONDS } from '../../../../src/istio/install/http-connections.ts';
import { sampleObjects } from '../../../../src/istio/install/sample-objects.ts';
import { IDLE_SECONDS } from '../../../../src/istio/services/short-idle.ts';
import { localProvider } from '../../../../src/local/index.ts';
import { cloudCapabilities, clusterSpec } from '../fixtures.ts';

interface HttpPatch {
  readonly match: { readonly context: string };
  readonly patch: {
    readonly value: {
      readonly typed_config: {
        readonly '@type': string;
        readonly common_http_protocol_options?: { readonly max_connection_duration: string };
      };
    };
  };
}

interface Sample {
  readonly metadata: { readonly name: string };
  readonly spec?: {
    readonly template?: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly {
          readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
        }[];
      };
    };
  };
}

it('ends HTTP between proxies, with an answer, sooner than any gateway that ends', () => {
  const spec = clusterSpec('eks-1', 0);
  const seconds = [localProvider().capabilities(spec), cloudCapabilities].map(
    ({ loadBalancers }) => loadBalancers.eastWest.deregistrationSeconds,
  );
  const filter = httpConnections(spec)[0] as unknown as { spec: { configPatches: HttpPatch[] } };
  const [any, inbound] = filter.spec.configPatches.map(({ match, patch }) => {
    const { '@type': type, ...settings } = patch.value.typed_config;
    expect(type).toMatch(/HttpConnectionManager$/);
    return { ...match, ...settings };
  });
  expect(any).toMatchObject({ context: 'ANY', delayed_close_timeout: '30s' });
  // What a gateway or a caller's own proxy ends is no connection between proxies.
  expect(any).not.toHaveProperty('common_http_protocol_options');
  expect(inbound).toMatchObject({ context: 'SIDECAR_INBOUND', http1_safe_max_connection_duration: true });
  const age = Number.parseInt(inbound?.common_http_protocol_options?.max_connection_duration ?? '', 10);
  expect(age).toBeGreaterThan(0);
  for (const one of seconds) expect(age).toBeLessThanOrEqual(one);
});

it('has callers give up idle connections while what ends still serves, for hosts without a rule of their own', () => {
  const spec = clusterSpec('eks-1', 0);
  expect(httpConnections(spec)[1]).toMatchObject({
    kind: 'DestinationRule',
    metadata: { namespace: 'istio-system' },
    spec: { host: '*', trafficPolicy: { connectionPool: { http: { idleTimeout: '5s' } } } },
  });
  // One may be used for as long as it may last, and be idle only then. A gateway has as long again for its draining.
  const { deregistrationSeconds } = localProvider().capabilities(spec).loadBalancers.eastWest;
  expect(MAX_AGE_SECONDS + IDLE_SECONDS).toBeLessThan(2 * deregistrationSeconds);
});

it('lets the sample answer for longer than a connection through a gateway may last', () => {
  const samples = sampleObjects(clusterSpec('eks-1', 0)) as unknown as Sample[];
  const [{ spec } = { spec: undefined }] = samples.filter(
    ({ metadata }) => metadata.name === 'helloworld-v1',
  );
  const pod = spec?.template?.spec;
  const servesOn = pod?.containers[0]?.lifecycle?.preStop.sleep.seconds ?? 0;
  expect(servesOn).toBeGreaterThan(MAX_AGE_SECONDS);
  expect(pod?.terminationGracePeriodSeconds).toBeGreaterThan(servesOn);
});
