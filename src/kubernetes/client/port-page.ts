import http from 'node:http';
import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import type { PodPage } from '../types.ts';
import { PortStream } from './port-stream.ts';
import type { Transport } from './transport.ts';
import { converse, podOf, type SocketCall } from './web-socket.ts';

export interface PageCall extends SocketCall {
  /** Path and query of the page at the pod's own server. */
  readonly page: string;
}

const protocols = ['v4.channel.k8s.io'];
const defaultTimeoutMs = 15_000;

/**
 * GET a page of a server in a pod through a forwarded port. What the server answers is a result, whatever its
 * status. Throws PORT_CLOSED where nobody listens or the port cannot be forwarded, TIMED_OUT, API_REFUSED,
 * CLUSTER_UNREACHABLE or INTERRUPTED.
 */
export function portPage(transport: Transport, call: PageCall): Promise<PodPage> {
  return converse<PodPage>(transport, call, {
    protocols,
    defaultTimeoutMs,
    what: 'a page of',
    hold: (socket, settle) =>
      socket.on('open', () => {
        const stream = new PortStream(socket, (said) => closed(call, said));
        read(stream, call.page).then(
          (page) => settle(() => page),
          (error: Error) =>
            settle(() => {
              throw isIsthmusError(error) ? error : closed(call, error.message);
            }),
        );
      }),
  });
}

function read(stream: PortStream, path: string): Promise<PodPage> {
  return new Promise((resolve, reject) => {
    const headers = { Host: 'localhost', Connection: 'close' };
    const request = http.get({ path, headers, createConnection: () => stream }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.on('error', reject);
  });
}

const closed = (call: PageCall, said: string) =>
  new IsthmusError('PORT_CLOSED', `${call.cluster} could not forward a port of ${podOf(call)}: ${said}`);
