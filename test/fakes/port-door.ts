import type { WebSocket } from 'ws';
import { frame } from './channel-frame.ts';
import type { ExecAnswer, ExecRequest } from './exec-door.ts';

/** The programs that read the same pages from within a pod, by port, and how they are given a path. */
const readers: Readonly<
  Record<string, { container: string; program: string; path: (asked: string) => string }>
> = {
  15014: { container: 'discovery', program: 'pilot-discovery', path: (asked) => asked },
  15000: { container: 'istio-proxy', program: 'pilot-agent', path: (asked) => asked.slice(1) },
};

type Ask = (command: Pick<ExecRequest, 'container' | 'command'>) => ExecAnswer | undefined;

/**
 * The kubelet's end of `pods/portforward`, v4.channel.k8s.io: channel 0 has the bytes, channel 1 why there are
 * none, and each begins with the port. A server there answers what the component's own program would print.
 */
export function forwardPort(client: WebSocket, port: string, ask: Ask): void {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(Number(port));
  for (const channel of [0, 1]) client.send(frame(channel, bytes));
  client.on('message', (data: Buffer) => {
    const asked = /^GET (\S+) HTTP/.exec(data.subarray(1).toString('utf8'))?.[1] ?? '';
    const reader = readers[port];
    const answer =
      reader &&
      ask({ container: reader.container, command: [reader.program, 'request', 'GET', reader.path(asked)] });
    if (answer && !answer.exitCode) client.send(frame(0, page(answer.stdout ?? '')));
    else client.send(frame(1, `error forwarding port ${port}: connection refused`));
    client.close();
  });
}

const page = (body: string) =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
