import type { RawData, WebSocket } from 'ws';
import { IsthmusError } from '../../errors/index.ts';
import type { ExecInput, ExecResult } from '../types.ts';
import type { Transport } from './transport.ts';
import { converse, podOf, type SocketCall } from './web-socket.ts';

/** The first byte of every message of the v5 channel protocol. */
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;
const protocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const defaultTimeoutMs = 30_000;

export interface ExecCall extends SocketCall {
  readonly stdin?: ExecInput | undefined;
  readonly onStdout?: ((chunk: Buffer) => void) | undefined;
}

/**
 * Run a command in a container. A command that ends with another code than 0 is a result, not an
 * error; TIMED_OUT if it does not end in time.
 */
export function exec(transport: Transport, call: ExecCall): Promise<ExecResult> {
  const output: { [channel: number]: Buffer[] } = { 1: [], 2: [], 3: [] };
  return converse<ExecResult>(transport, call, {
    protocols,
    defaultTimeoutMs,
    what: 'a command in',
    hold: (socket, settle) => {
      socket.on('open', () => sendInput(socket, call.stdin));
      socket.on('message', (data) => collect(output, data, call.onStdout));
      socket.on('close', () => settle(() => resultOf(call, output)));
    },
  });
}

const inputChunk = 256 * 1024;

function sendInput(socket: WebSocket, stdin: ExecInput | undefined): void {
  if (stdin === undefined) return;
  if (typeof stdin === 'string' || stdin instanceof Uint8Array) {
    sendChunk(socket, Buffer.from(stdin));
    closeInput(socket);
    return;
  }
  stdin.on('data', (chunk: Buffer | string) => sendChunk(socket, Buffer.from(chunk as string)));
  stdin.on('end', () => closeInput(socket));
}

function sendChunk(socket: WebSocket, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += inputChunk)
    socket.send(Buffer.concat([Buffer.from([channels.stdin]), bytes.subarray(at, at + inputChunk)]));
}

/** Protocols before v5 have no way to say that the input ends. */
function closeInput(socket: WebSocket): void {
  if (socket.protocol === protocols[0]) socket.send(Buffer.from([channels.close, channels.stdin]));
}

function collect(
  output: { [channel: number]: Buffer[] },
  data: RawData,
  onStdout: ExecCall['onStdout'],
): void {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  const channel = bytes[0];
  if (channel === undefined || bytes.length <= 1) return;
  const content = bytes.subarray(1);
  if (channel === channels.stdout && onStdout) onStdout(content);
  else output[channel]?.push(content);
}

interface ExecStatus {
  status?: string;
  message?: string;
  reason?: string;
  details?: { causes?: { reason?: string; message?: string }[] };
}

function resultOf(call: ExecCall, output: { [channel: number]: Buffer[] }): ExecResult {
  const text = (channel: number) => Buffer.concat(output[channel] ?? []).toString('utf8');
  const exitCode = exitCodeOf(text(channels.error));
  if (typeof exitCode === 'string')
    throw new IsthmusError(
      'API_REFUSED',
      `${call.cluster} could not run a command in ${podOf(call)}: ${exitCode}`,
    );
  return { stdout: text(channels.stdout), stderr: text(channels.stderr), exitCode };
}

/** The exit code, or why there is none. */
function exitCodeOf(body: string): number | string {
  if (!body) return 'the connection ended before the command did';
  try {
    const status = JSON.parse(body) as ExecStatus;
    if (status.status === 'Success') return 0;
    const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
    return cause?.message ? Number(cause.message) : (status.message ?? 'no reason given');
  } catch {
    return body.slice(0, 300);
  }
}
