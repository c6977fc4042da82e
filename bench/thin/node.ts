import { createServer, type Server } from 'node:https';
import { type WebSocket, WebSocketServer } from 'ws';
import { frame } from '../../test/fakes/channel-frame.ts';
import { forwardPort } from '../../test/fakes/port-door.ts';
import { addressesOf, kubeletPort, networkOf, webhookPort } from './addresses.ts';
import type { Answers } from './answers.ts';

interface Listening {
  readonly host: string;
  readonly port: number;
}

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Of commands, and of forwarded ports. */
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** A thin cluster's kubelet: `exec` and forwarded ports tell what the pods' answers are, and logs are empty. */
export function serveKubelet(cluster: number, certificate: Certificate, answers: Answers): Promise<Server> {
  const server = createServer(certificate, (_, response) => response.end());
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false,
  });
  server.on('upgrade', (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://kubelet');
    sockets.handleUpgrade(request, socket, head, (client) =>
      pathname.startsWith('/portForward/')
        ? forwardPort(client, searchParams.get('port') ?? '', ({ command }) => answerOf(answers.to(command)))
        : run(client, searchParams.getAll('command'), answers),
    );
  });
  return listen(server, { host: addressesOf(cluster).node, port: kubeletPort });
}

/** As the fake kubelet of tests is answered; nobody listens where there is no such program. */
const answerOf = (stdout: string | undefined) => (stdout === undefined ? undefined : { stdout });

function run(client: WebSocket, command: readonly string[], answers: Answers): void {
  const stdout = answers.to(command);
  if (stdout) client.send(frame(1, stdout));
  if (stdout === undefined) client.send(frame(2, `${command[0]}: not found`));
  client.send(frame(3, JSON.stringify(stdout === undefined ? notFound : { status: 'Success' })));
  client.close();
}

const notFound = {
  status: 'Failure',
  reason: 'NonZeroExitCode',
  details: { causes: [{ reason: 'ExitCode', message: '127' }] },
};

/** istiod's webhooks: every pod that is sent gets a sidecar, every object of Istio is right. */
export function serveWebhooks(cluster: number, certificate: Certificate): Promise<Server> {
  const server = createServer(certificate, (asked, response) => {
    const chunks: Buffer[] = [];
    asked.on('data', (chunk: Buffer) => chunks.push(chunk));
    asked.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Review;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(admit(cluster, review)));
    });
  });
  return listen(server, { host: addressesOf(cluster).istiod, port: webhookPort });
}

interface Review {
  readonly request: {
    readonly uid: string;
    readonly kind: { readonly kind: string };
    readonly object: { readonly metadata: { readonly labels?: object } };
  };
}

function admit(cluster: number, { request: { uid, kind, object } }: Review): object {
  const response = kind.kind === 'Pod' ? { patchType: 'JSONPatch', patch: sidecar(cluster, object) } : {};
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true, ...response },
  };
}

function sidecar(cluster: number, { metadata: { labels = {} } }: Review['request']['object']): string {
  const container = {
    name: 'istio-proxy',
    image: 'docker.io/istio/proxyv2:1.31.0',
    args: ['proxy', 'sidecar'],
    env: [{ name: 'ISTIO_META_NETWORK', value: networkOf(cluster) }],
  };
  const patch = [
    { op: 'add', path: '/spec/containers/-', value: container },
    { op: 'add', path: '/metadata/labels', value: { ...labels, 'security.istio.io/tlsMode': 'istio' } },
  ];
  return Buffer.from(JSON.stringify(patch)).toString('base64');
}

function listen(server: Server, { host, port }: Listening): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}
