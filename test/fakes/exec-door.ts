import type { IncomingMessage, Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';
import { frame } from './channel-frame.ts';
import { forwardPort } from './port-door.ts';

/** A command that was asked for in a container. */
export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string | undefined;
  readonly command: readonly string[];
  readonly stdin: string;
}

export interface ExecAnswer {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly exitCode?: number;
}

/** What runs in the pods; undefined for a command that the container does not have. */
export type Exec = (request: ExecRequest) => ExecAnswer | undefined;

/** A kubelet that speaks on the socket by itself, for the edges of the protocol. */
export type Kubelet = (socket: WebSocket, url: URL) => void;

interface Door {
  readonly exec: () => Exec;
  /** Serves the sockets in place of `exec`, where there is one. */
  readonly kubelet: () => Kubelet | undefined;
  /** Why a connection is refused now: an HTTP status, nothing at all, or the end of the socket. */
  readonly refusal: (request: IncomingMessage) => number | 'silence' | 'reset' | undefined;
  readonly podExists: (namespace: string, pod: string) => boolean;
}

/** Protocols of commands, and of forwarded ports. */
const known = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];

/** The kubelet's end of `pods/exec` and `pods/portforward`, each a WebSocket with its own subprotocol. */
export function openExecDoor(server: Server, door: Door): void {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => known.find((one) => offered.has(one)) ?? false,
  });
  server.on('upgrade', (request, socket, head) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const [, namespace = '', pod = '', way] =
      /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/(exec|portforward)$/.exec(url.pathname) ?? [];
    const refused = door.refusal(request) ?? (door.podExists(namespace, pod) ? undefined : 404);
    if (refused === 'silence') return;
    if (refused === 'reset') return void socket.destroy();
    if (refused !== undefined) return void socket.end(refusalOf(refused, pod));
    sockets.handleUpgrade(request, socket, head, (client) => {
      const kubelet = door.kubelet();
      if (kubelet) kubelet(client, url);
      else if (way === 'portforward')
        forwardPort(client, url.searchParams.get('ports') ?? '', (asked) =>
          door.exec()({ namespace, pod, ...asked, stdin: '' }),
        );
      else serve(client, url, { namespace, pod, door });
    });
  });
}

/** A refused upgrade has a Status as its body, as any other refusal has. */
function refusalOf(status: number, pod: string): string {
  const [reason, message] = reasons[status] ?? ['InternalError', 'internal error'];
  const told = {
    kind: 'Status',
    status: 'Failure',
    reason,
    message: message.replace('POD', pod),
    code: status,
  };
  const body = JSON.stringify(told);
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json`;
  return `${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const reasons: Readonly<Record<number, readonly [reason: string, message: string]>> = {
  403: ['Forbidden', 'pods "POD" is forbidden'],
  404: ['NotFound', 'pods "POD" not found'],
};

/** With standard input the command is run when its end is told, without it at once. */
function serve(
  client: WebSocket,
  { searchParams }: URL,
  { namespace, pod, door }: { namespace: string; pod: string; door: Door },
): void {
  const command = searchParams.getAll('command');
  const container = searchParams.get('container') ?? undefined;
  const input: Buffer[] = [];
  let over = false;
  const run = () => {
    over = true;
    const stdin = Buffer.concat(input).toString('utf8');
    const answer = door.exec()({ namespace, pod, container, command, stdin }) ?? {
      stderr: `${command[0]}: not found`,
      exitCode: 127,
    };
    if (answer.stdout) client.send(frame(1, answer.stdout));
    if (answer.stderr) client.send(frame(2, answer.stderr));
    client.send(frame(3, JSON.stringify(statusOf(answer.exitCode ?? 0))));
    client.close();
  };
  if (searchParams.get('stdin') !== 'true') {
    run();
    return;
  }
  client.on('message', (data: Buffer) => {
    if (over) return;
    if (data[0] !== 255) input.push(data.subarray(1));
    if (data[0] === 255) run();
  });
}

const statusOf = (exitCode: number) =>
  exitCode === 0
    ? { status: 'Success' }
    : {
        status: 'Failure',
        reason: 'NonZeroExitCode',
        details: { causes: [{ reason: 'ExitCode', message: `${exitCode}` }] },
      };
