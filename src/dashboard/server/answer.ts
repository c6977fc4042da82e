import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

/** Nothing is taken from elsewhere, nothing is inline, and nobody frames the page. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** On every answer. */
export const safeHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface Answer {
  readonly status?: number;
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Below it packing costs more than it saves. */
const worthPacking = 1400;

/** Answer whole, packed where the reader takes it. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status = 200, type, body, headers = {} } = answer;
  const plain = typeof body === 'string' ? Buffer.from(body) : body;
  const packs = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const packed = packs && plain.length > worthPacking ? gzipSync(plain, { level: 6 }) : undefined;
  response.writeHead(status, {
    ...safeHeaders,
    ...headers,
    'content-type': type,
    ...(packed ? { 'content-encoding': 'gzip' } : {}),
    'content-length': String((packed ?? plain).length),
  });
  response.end(request.method === 'HEAD' ? undefined : (packed ?? plain));
}

/** Answer with JSON. */
export function sendJson(
  request: IncomingMessage,
  response: ServerResponse,
  { status = 200, value, headers = {} }: { status?: number; value: unknown; headers?: Answer['headers'] },
): void {
  const body = JSON.stringify(value);
  send(request, response, { status, type: 'application/json; charset=utf-8', body, headers });
}
