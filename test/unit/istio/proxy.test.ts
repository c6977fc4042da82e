import { describe, expect, it } from 'vitest';
import { gaugeAsDate } from '../../../src/istio/observe/istiod.ts';
import { parseClusters } from '../../../src/istio/observe/proxy.ts';
import { parseSecrets } from '../../../src/istio/trust/proxy-certificates.ts';
import { createRoot, issueIntermediate, issueLeaf } from '../../../src/pki/index.ts';

const host = (address: string, health: object, more: object = {}) => ({
  address: { socket_address: { address, port_value: 15443 } },
  stats: [{ name: 'rq_total', value: '7' }, { name: 'rq_error' }],
  health_status: { eds_health_status: 'HEALTHY', ...health },
  ...more,
});

describe('parseClusters', () => {
  it('reads address, weight, priority, locality and counters', () => {
    const locality = { region: 'r1', zone: 'z1' };
    const [endpoint] = parseClusters({
      cluster_statuses: [
        {
          name: 'outbound|80||a.b',
          host_statuses: [host('1.2.3.4', {}, { weight: 3, priority: 1, locality })],
        },
      ],
    });
    expect(endpoint).toEqual({
      cluster: 'outbound|80||a.b',
      address: '1.2.3.4',
      port: 15443,
      weight: 3,
      priority: 1,
      healthy: true,
      flags: [],
      locality: 'r1/z1',
      stats: { rq_total: 7, rq_error: 0 },
    });
  });

  it('names what speaks against an endpoint', () => {
    const health = { eds_health_status: 'UNHEALTHY', failed_outlier_check: true, failed_active_hc: false };
    const [endpoint] = parseClusters({
      cluster_statuses: [{ name: 'c', host_statuses: [host('1.1.1.1', health)] }],
    });
    expect(endpoint).toMatchObject({ healthy: false, flags: ['eds:UNHEALTHY', 'failed_outlier_check'] });
  });

  it('takes a cluster without hosts and a pipe as they come', () => {
    const pipe = { address: { pipe: { path: '/run/sds.sock' } } };
    expect(
      parseClusters({ cluster_statuses: [{ name: 'a' }, { name: 'b', host_statuses: [pipe] }] }),
    ).toMatchObject([{ cluster: 'b', address: '/run/sds.sock', port: 0, weight: 1, healthy: true }]);
  });
});

describe('parseSecrets', () => {
  it('reads identity, chain and roots from Envoy’s dump, and nothing without a workload certificate', async () => {
    const root = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
    const issuer = await issueIntermediate({
      root,
      cluster: 'a',
      meshName: 'm',
      days: 30,
      algorithm: 'ecdsa-p256',
    });
    const leaf = await issueLeaf({
      issuer,
      commonName: 'x',
      uris: ['spiffe://cluster.local/ns/sample/sa/sleep'],
      usages: ['server', 'client'],
      days: 1,
    });
    const bytes = (pem: string) => ({ inline_bytes: Buffer.from(pem).toString('base64') });
    const trust = {
      name: 'ROOTCA',
      secret: { validation_context: { trusted_ca: bytes(root.certificatePem) } },
    };
    const chain = leaf.certificatePem + issuer.certificatePem;
    const workload = {
      name: 'default',
      last_updated: '2026-01-02T03:04:05Z',
      secret: { tls_certificate: { certificate_chain: bytes(chain) } },
    };
    const found = parseSecrets({ configs: [workload, trust] });
    expect(found).toMatchObject({ roots: [root.certificatePem], chainPem: chain });
    expect(found?.issuer).toContain('Istio CA');
    expect(found?.leafUpdated).toEqual(new Date('2026-01-02T03:04:05Z'));
    expect(parseSecrets({ configs: [trust] })).toBeUndefined();
  });
});

describe('gaugeAsDate', () => {
  it('reads a gauge of seconds, with or without labels, in scientific notation', () => {
    const metrics = '# HELP a\nroot_expiry{x="1"} 1.8e+09\nother 5\nzero 0\n';
    expect(gaugeAsDate(metrics, 'root_expiry')).toEqual(new Date(1.8e12));
    expect(gaugeAsDate(metrics, 'zero')).toBeUndefined();
    expect(gaugeAsDate(metrics, 'missing')).toBeUndefined();
  });
});
