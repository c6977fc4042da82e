import { expect, test } from 'vitest';
import { connectionAge } from '../../../../src/istio/install/connection-age.ts';
import { localProvider } from '../../../../src/local/index.ts';
import { cloudCapabilities, clusterSpec } from '../fixtures.ts';

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

test('HTTP between proxies ends, with an answer, sooner than any gateway that ends', () => {
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
