import { BlockList, connect, createServer, isIPv6, type Server, type Socket } from 'node:net';

/** One address and port that this process serves itself. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  /** CIDRs that may connect; empty means any. */
  readonly sourceRanges: readonly string[];
  /** Endpoints that take connections, in turn. */
  readonly targets: readonly { readonly address: string; readonly port: number }[];
}

const socketOptions = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
const connectTimeoutMs = 5_000;

/**
 * Passes TCP connections on to endpoints, bytes and half-closes as they come. Whom it may not serve,
 * or for whom no endpoint answers, gets a reset.
 */
export class Relay {
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #listener: Listener;
  #allowed: BlockList | undefined;
  #turn = 0;

  /** `onFailure` is called when the address and port cannot be listened on. */
  constructor(listener: Listener, onFailure: (error: Error) => void) {
    this.#listener = listener;
    this.#allowed = allowedBy(listener);
    this.#server = createServer(socketOptions, (client) => this.#accept(client));
    this.#server.on('error', onFailure);
    this.#server.listen(listener.port, listener.address);
  }

  /** Serve new connections by this from now on; address and port stay. */
  update(listener: Listener): void {
    if (listener.sourceRanges.join() !== this.#listener.sourceRanges.join())
      this.#allowed = allowedBy(listener);
    this.#listener = listener;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) cut(socket);
  }

  #accept(client: Socket): void {
    const { targets } = this.#listener;
    const target = targets[this.#turn++ % Math.max(targets.length, 1)];
    this.#track(client);
    if (target && this.#allows(client)) this.#join(client, target);
    else cut(client);
  }

  #join(client: Socket, target: Listener['targets'][number]): void {
    const server = connect({ host: target.address, port: target.port, ...socketOptions });
    this.#track(server);
    server.setTimeout(connectTimeoutMs, () => cut(server, new Error('no answer')));
    server.once('connect', () => server.setTimeout(0));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.once('close', (failed) => failed && cut(other));
    client.pipe(server).pipe(client);
  }

  #allows({ remoteAddress = '' }: Socket): boolean {
    return this.#allowed?.check(remoteAddress, familyOf(remoteAddress)) ?? true;
  }

  /** An error also closes the socket, which is where it is acted on. */
  #track(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#open.delete(socket));
  }
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');

function allowedBy({ sourceRanges }: Listener): BlockList | undefined {
  if (sourceRanges.length === 0) return undefined;
  const allowed = new BlockList();
  for (const range of sourceRanges) {
    const [address = '', prefix] = range.trim().split('/');
    allowed.addSubnet(address, Number(prefix), familyOf(address));
  }
  return allowed;
}

/** A socket that is not connected yet has nobody to reset. */
function cut(socket: Socket, reason?: Error): void {
  if (reason || socket.connecting) socket.destroy(reason);
  else socket.resetAndDestroy();
}
