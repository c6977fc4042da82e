import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IsthmusError } from '../../errors/index.ts';
import { sendJson } from './answer.ts';
import { foreignness, type Guard } from './guard.ts';
import { answerRequest } from './routes.ts';
import type { DashboardParts, Serving } from './serving.ts';

const usualHeartbeatMs = 5000;

export interface RunningServer {
  readonly port: number;
  /** With the token, for whoever may see the page. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serve the page on this machine alone. ADDRESS_IN_USE if somebody else has the port.
 * @param options.port 0 for any that is free
 * @param options.shownPort by which browsers come, where something stands between
 */
export async function serveDashboard(
  parts: DashboardParts,
  { port = 0, shownPort }: { readonly port?: number; readonly shownPort?: number | undefined } = {},
): Promise<RunningServer> {
  const secret = () => randomBytes(24).toString('base64url');
  const secrets = { token: secret(), session: secret(), csrf: secret() };
  let guard: Guard | undefined;
  const server = createServer((request, response) => {
    if (guard) void handle(request, response, { heartbeatMs: usualHeartbeatMs, ...parts, guard });
  });
  await listen(server, port);
  const bound = shownPort ?? (server.address() as AddressInfo).port;
  guard = { ...secrets, port: bound };
  return {
    port: (server.address() as AddressInfo).port,
    url: `http://127.0.0.1:${bound}/#token=${secrets.token}`,
    close: () => close(server),
  };
}

async function handle(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const why = foreignness(request, serving.guard.port);
  if (why) return sendJson(request, response, { status: 403, value: { error: why } });
  try {
    await answerRequest(request, response, serving);
  } catch {
    // What went wrong is nothing that a browser should be told.
    if (!response.headersSent) sendJson(request, response, { status: 500, value: { error: 'failed' } });
    else response.destroy();
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
    // Loopback alone: from no other machine is there a way to it.
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
}

function listenError(error: NodeJS.ErrnoException, port: number): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EACCES' ? 'may not be used by this user' : 'is in use';
  return new IsthmusError('ADDRESS_IN_USE', `port ${port} of 127.0.0.1 ${why}`, {
    hint: 'choose another with --port, or leave it out for any that is free',
    cause: error,
  });
}

/** Event streams never end by themselves, so they are cut. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
