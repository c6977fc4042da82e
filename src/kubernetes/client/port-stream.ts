import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { IsthmusError } from '../../errors/index.ts';

/** The first byte of every message: one pair of channels for the one port that is asked for. */
const channels = { data: 0, error: 1 } as const;
/** Each channel begins with the port's number, two bytes. */
const preamble = 2;

/**
 * The bytes of one forwarded port over a WebSocket of v4.channel.k8s.io
 * (k8s.io/kubelet pkg/cri/streaming/portforward/websocket.go). The protocol cannot tell the other side that
 * the input ends; the other side's end is the end of the socket.
 */
export class PortStream extends Duplex {
  readonly #socket: WebSocket;
  readonly #begun = new Set<number>();

  /** `refusal` makes the error of what the kubelet says where nobody listens at the port. */
  constructor(socket: WebSocket, refusal: (said: string) => IsthmusError) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    socket.on('message', (data: RawData) => this.#take(Buffer.from(data as Buffer), refusal));
    socket.on('close', () => this.push(null));
  }

  #take(message: Buffer, refusal: (said: string) => IsthmusError): void {
    const channel = message[0] ?? channels.data;
    const begun = this.#begun.has(channel);
    this.#begun.add(channel);
    const content = message.subarray(begun ? 1 : 1 + preamble);
    if (content.length === 0 || this.destroyed) return;
    if (channel === channels.error) this.destroy(refusal(content.toString('utf8').trim()));
    else this.push(content);
  }

  override _read(): void {
    // What comes is pushed as it comes: pages are read whole.
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.concat([Buffer.from([channels.data]), chunk]), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.terminate();
    done(error);
  }
}
