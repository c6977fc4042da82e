import { connect, createServer, type Server, type Socket } from 'node:net';

interface LineEnd {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** A line to the server that can be cut, as a laptop's is when it sleeps. */
export class Line {
  readonly #sockets = new Set<Socket>();
  readonly #proxy: Server;
  up = true;

  private constructor(to: () => number) {
    this.#proxy = createServer((socket) => {
      if (!this.up) return void socket.destroy();
      const other = connect(to(), '127.0.0.1');
      for (const one of [socket, other]) {
        this.#sockets.add(one);
        one.on('error', () => one.destroy());
        one.on('close', () => this.#sockets.delete(one));
      }
      socket.pipe(other).pipe(socket);
    });
  }

  /** To a port of 127.0.0.1, which is asked for with each connection. */
  static async to(
    port: () => number,
    { host, port: own }: LineEnd = { host: '127.0.0.1', port: 0 },
  ): Promise<Line> {
    const line = new Line(port);
    await new Promise<void>((resolve) => line.#proxy.listen(own, host, resolve));
    return line;
  }

  get port(): number {
    return (this.#proxy.address() as { port: number }).port;
  }

  /** Nothing comes through any more, and nobody is told: what a lost route looks like. */
  silence(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }

  cut(): void {
    this.up = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => this.#proxy.close(() => resolve()));
  }
}
