import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listenersOf } from '../../../src/local/load-balancer/frontends.ts';
import { Relay } from '../../../src/local/load-balancer/relay.ts';
import type { EndpointSliceObject, ServiceObject } from '../../../src/local/load-balancer/state.ts';

const here = '127.0.0.1';
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server whose connections `serve` handles; its port. */
async function endpoint(serve: (socket: Socket) => void): Promise<{ address: string; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  closing.push(() => server.close());
  return { address: here, port: await listening(server) };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, here, resolve));
  return (server.address() as AddressInfo).port;
}

/** A port that nobody listens on at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

type Targets = readonly { address: string; port: number }[];

async function relayTo(targets: Targets, sourceRanges: string[] = []) {
  const listener = { address: here, port: await freePort(), sourceRanges, targets };
  const failures: Error[] = [];
  const relay = new Relay(listener, (error) => failures.push(error));
  closing.push(() => relay.close());
  return { relay, listener, failures };
}

/** Send `text`, end this half, and return all that comes back, or the code of the error that does. */
function ask(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: here, port, allowHalfOpen: true });
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.end(text);
  });
}

/** Answers only when the other half has ended. */
const echoAtEnd = (name: string) => (socket: Socket) => {
  let heard = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    heard += chunk;
  });
  socket.on('end', () => socket.end(`${name} ${heard.length}`));
};

describe('a relay', () => {
  it('passes megabytes and half-closes on, to each endpoint in turn', async () => {
    const targets = [await endpoint(echoAtEnd('a')), await endpoint(echoAtEnd('b'))];
    const { listener } = await relayTo(targets);
    const text = 'x'.repeat(3_000_000);
    const answers = [
      await ask(listener.port, text),
      await ask(listener.port, ''),
      await ask(listener.port, '1'),
    ];
    expect(answers).toEqual(['a 3000000', 'b 0', 'a 1']);
  });

  it('serves new connections by what it was told last', async () => {
    const { relay, listener } = await relayTo([]);
    expect(await ask(listener.port, '')).toBe('ECONNRESET');
    relay.update({ ...listener, targets: [await endpoint(echoAtEnd('a'))] });
    expect(await ask(listener.port, '')).toBe('a 0');
  });

  it('resets whom it may not serve, and whom no endpoint answers', async () => {
    const target = await endpoint(echoAtEnd('a'));
    const denied = await relayTo([target], ['10.0.0.0/8', 'fd00::/8']);
    expect(await ask(denied.listener.port, '')).toBe('ECONNRESET');
    denied.relay.update({ ...denied.listener, sourceRanges: ['127.0.0.0/8'] });
    expect(await ask(denied.listener.port, '')).toBe('a 0');
    const dead = await relayTo([{ address: here, port: await freePort() }]);
    expect(await ask(dead.listener.port, '')).toBe('ECONNRESET');
  });

  it('passes a reset on in either direction', async () => {
    const resetting = await relayTo([await endpoint((socket) => socket.resetAndDestroy())]);
    expect(await ask(resetting.listener.port, 'x')).toBe('ECONNRESET');
    const seen = new Promise<string>((resolve) => {
      void endpoint((socket) => {
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
        socket.write('hello');
      }).then(async (target) => {
        const { listener } = await relayTo([target]);
        const client = connect({ host: here, port: listener.port });
        client.on('data', () => client.resetAndDestroy());
      });
    });
    expect(await seen).toBe('ECONNRESET');
  });

  it('cuts its connections when it is closed, and says when it cannot listen', async () => {
    const { relay, listener } = await relayTo([await endpoint(() => {})]);
    const asked = ask(listener.port, 'x');
    const taken = new Promise<NodeJS.ErrnoException>((resolve) => new Relay(listener, resolve));
    expect((await taken).code).toBe('EADDRINUSE');
    relay.close();
    expect(await asked).toBe('ECONNRESET');
  });
});

describe('a translated address', () => {
  const service: ServiceObject = {
    metadata: { name: 'gateway', namespace: 'istio-ingress' },
    spec: {
      type: 'LoadBalancer',
      loadBalancerSourceRanges: ['10.0.0.0/8'],
      ports: [
        { name: 'tls', port: 443 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    },
  };
  const slice = (
    endpoints: NonNullable<EndpointSliceObject['endpoints']>,
    namespace = 'istio-ingress',
  ): EndpointSliceObject => ({
    metadata: { name: 'gateway-x', namespace, labels: { 'kubernetes.io/service-name': 'gateway' } },
    ports: [{ name: 'tls', port: 8443 }],
    endpoints,
  });
  const ready = { addresses: ['fd10::1'], conditions: { ready: true, serving: true } };
  const starting = { addresses: ['fd10::2'], conditions: { ready: false, serving: false } };
  const ending = { addresses: ['fd10::3'], conditions: { ready: false, serving: true, terminating: true } };
  const ended = { addresses: ['fd10::4'], conditions: { ready: false, serving: false, terminating: true } };
  const targetsBehind = (...slices: EndpointSliceObject[]) =>
    listenersOf(service, '100.64.0.66', slices).map(({ targets }) => targets.map(({ address }) => address));

  it('goes to ready endpoints of TCP ports alone', () => {
    const endpoints = [ready, starting, ending, ended];
    const found = listenersOf(service, '100.64.0.66', [slice(endpoints), slice(endpoints, 'elsewhere')]);
    expect(found).toMatchObject([
      {
        address: '100.64.0.66',
        port: 443,
        sourceRanges: ['10.0.0.0/8'],
        targets: [{ address: 'fd10::1', port: 8443 }],
      },
    ]);
    expect(found[0]?.targets).toHaveLength(1);
  });

  it('goes to those that serve while they end where no other is ready, as kube-proxy does', () => {
    expect(targetsBehind(slice([starting, ending, ended]))).toEqual([['fd10::3']]);
    expect(targetsBehind(slice([starting, ended]))).toEqual([[]]);
  });
});
