import http from 'node:http';
import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import type { CallOptions, PodPage } from '../types.ts';
import { unreachable } from './api-error.ts';
import { onAbort } from './on-abort.ts';
import { PortStream } from './port-stream.ts';
import { interrupted, type Transport } from './transport.ts';
import { onRefusal, openSocket, podOf, type SocketCall } from './web-socket.ts';

export interface PageCall extends SocketCall, CallOptions {
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
export async function portPage(transport: Transport, call: PageCall): Promise<PodPage> {
  const socket = await openSocket(transport, call, protocols);
  const server = transport.credentials.server;
  return new Promise<PodPage>((resolve, reject) => {
    const limit = call.timeoutMs ?? defaultTimeoutMs;
    const settle = (action: () => void) => {
      clearTimeout(timer);
      release();
      socket.terminate();
      action();
    };
    const fail = (error: Error) => settle(() => reject(error));
    const timer = setTimeout(() => fail(tooLong(call, limit)), limit);
    const release = onAbort(call.signal, () => fail(interrupted(call.cluster)));
    onRefusal(socket, call, fail);
    socket.on('error', (error) => fail(unreachable(call.cluster, server, error)));
    socket.on('open', () => {
      const stream = new PortStream(socket, (said) => closed(call, said));
      read(stream, call.page).then(
        (page) => settle(() => resolve(page)),
        (error: Error) => fail(isIsthmusError(error) ? error : closed(call, error.message)),
      );
    });
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

const tooLong = (call: PageCall, limit: number) =>
  new IsthmusError(
    'TIMED_OUT',
    `timed out after ${limit / 1000} s waiting for a page of ${podOf(call)} of ${call.cluster}`,
  );
