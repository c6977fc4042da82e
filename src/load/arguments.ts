import type { Connection } from './record.ts';

export interface RequestTarget {
  /** Tells its requests from those of others; one word. */
  readonly name: string;
  readonly connection: Connection;
  /** A URL; `HOST:PORT` where the connection is `grpc` or `tcp`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Flags come before what is asked. */
export function argumentsOf({ name, connection, url, headers = {} }: RequestTarget): {
  flags: string[];
  target: string;
} {
  const flags = Object.entries(headers).flatMap(([key, value]) => ['-header', `${name}:${key}=${value}`]);
  return { flags, target: `${connection}:${name}=${url}` };
}
