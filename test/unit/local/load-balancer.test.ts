import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Health, nextHealth, unprobed } from '../../../src/local/load-balancer/health.ts';
import { healthCheckOf } from '../../../src/local/load-balancer/health-check.ts';
import { healthProbe } from '../../../src/local/load-balancer/health-probe.ts';
import {
  type EndpointSliceObject,
  isBalanced,
  type ServiceObject,
} from '../../../src/local/load-balancer/state.ts';
import { targetsOf } from '../../../src/local/load-balancer/targets.ts';

const gateway = (annotations: Record<string, string> = {}): ServiceObject => ({
  metadata: { name: 'gateway', namespace: 'istio-ingress', annotations },
  spec: {
    type: 'LoadBalancer',
    ports: [
      { name: 'status-port', port: 15021 },
      { name: 'tls', port: 15443 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
  },
});
const prefix = 'service.beta.kubernetes.io/aws-load-balancer-healthcheck-';

describe('health checks', () => {
  it('ask a gateway on its status port, anything else where traffic goes', () => {
    expect(healthCheckOf(gateway())).toMatchObject({
      protocol: 'http',
      port: '15021',
      path: '/healthz/ready',
    });
    const plain = { ...gateway(), spec: { type: 'LoadBalancer', ports: [{ name: 'http', port: 80 }] } };
    expect(healthCheckOf(plain)).toMatchObject({ protocol: 'tcp', port: undefined });
  });

  it('follow the annotations of the cloud', () => {
    const check = healthCheckOf(
      gateway({
        [`${prefix}protocol`]: 'HTTP',
        [`${prefix}port`]: '8080',
        [`${prefix}path`]: '/live',
        [`${prefix}interval`]: '10',
        [`${prefix}unhealthy-threshold`]: '3',
      }),
    );
    expect(check).toMatchObject({ protocol: 'http', port: '8080', path: '/live', intervalMs: 10_000 });
    expect(check).toMatchObject({ healthyThreshold: 2, unhealthyThreshold: 3 });
    expect(healthCheckOf(gateway({ [`${prefix}port`]: 'traffic-port' }))).toMatchObject({
      protocol: 'tcp',
      port: undefined,
    });
  });
});

describe('targets', () => {
  const slice: EndpointSliceObject = {
    metadata: { name: 'gateway-x', namespace: 'istio-ingress' },
    ports: [
      { name: 'status-port', port: 15021 },
      { name: 'tls', port: 15443 },
      { name: 'dns', port: 5353 },
    ],
    endpoints: [
      {
        addresses: ['10.1.0.5'],
        conditions: { ready: false },
        targetRef: { kind: 'Pod', name: 'b' },
        zone: 'z',
      },
      { addresses: ['10.1.0.4'], conditions: { ready: false, terminating: true }, nodeName: 'n' },
    ],
  };

  it('are every endpoint of every TCP port, ready or not', () => {
    const found = targetsOf(gateway(), [slice, slice], healthCheckOf(gateway()));
    expect(found.map(({ listener, address, checkPort }) => `${listener} ${address} ${checkPort}`)).toEqual([
      '15021 10.1.0.4 15021',
      '15021 10.1.0.5 15021',
      '15443 10.1.0.4 15021',
      '15443 10.1.0.5 15021',
    ]);
    expect(found[0]).toMatchObject({ draining: true, node: 'n', pod: undefined });
    expect(found[3]).toMatchObject({ draining: false, pod: 'b', zone: 'z', port: 15443 });
  });

  it('belong to Services without a class or with ours', () => {
    const withClass = (loadBalancerClass: string) => ({
      ...gateway(),
      spec: { ...gateway().spec, loadBalancerClass },
    });
    expect(
      [gateway(), withClass('isthmus.io/local'), withClass('eks.amazonaws.com/nlb')].map(isBalanced),
    ).toEqual([true, true, false]);
  });
});

describe('health', () => {
  const check = healthCheckOf(gateway());
  const bad = { ok: false, reason: 'Target.Timeout', description: 'Request timed out' } as const;
  const judged = (...answers: boolean[]): Health =>
    answers.reduce((health, ok) => nextHealth(health, ok ? { ok } : bad, check), unprobed);

  it('starts as initial and changes only after its threshold of equal answers', () => {
    expect(unprobed).toMatchObject({ state: 'initial', reason: 'Elb.RegistrationInProgress' });
    expect(judged(true)).toMatchObject({ state: 'initial', reason: 'Elb.InitialHealthChecking' });
    expect(judged(true, false)).toMatchObject({ state: 'initial' });
    expect(judged(true, true)).toMatchObject({ state: 'healthy', reason: undefined });
    expect(judged(true, true, false)).toMatchObject({ state: 'healthy' });
    expect(judged(true, true, false, false)).toMatchObject({ state: 'unhealthy', reason: 'Target.Timeout' });
    expect(judged(false, false, true)).toMatchObject({ state: 'unhealthy', reason: 'Target.Timeout' });
    expect(judged(false, false, true, true)).toMatchObject({ state: 'healthy', description: undefined });
  });
});

describe('probe', () => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/healthz/ready' ? 200 : 503;
    response.end();
  });
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => server.close());

  it('tells a good answer, a bad code and a closed port apart', async () => {
    const http = healthCheckOf(gateway());
    const tcp = { ...http, protocol: 'tcp' as const };
    expect(await healthProbe('127.0.0.1', port, http)).toEqual({ ok: true });
    expect(await healthProbe('127.0.0.1', port, tcp)).toEqual({ ok: true });
    expect(await healthProbe('127.0.0.1', port, { ...http, path: '/' })).toMatchObject({
      reason: 'Target.ResponseCodeMismatch',
      description: 'Health checks failed with these codes: [503]',
    });
    expect(await healthProbe('127.0.0.1', 1, tcp)).toMatchObject({ reason: 'Target.FailedHealthChecks' });
  });
});
