import { nameOf } from './addresses.ts';

/** etcd's gateway serves its gRPC as JSON at the address of its clients. */
export const etcdClients = 'http://127.0.0.1:2379';

/** Of one transaction: well above a cluster's part, so that few are enough. */
export const operationsAtOnce = 512;
export const requestBytes = 64 * 1024 ** 2;

interface Entry {
  readonly key: string;
  readonly value: Buffer;
}

/** Where a cluster's API server keeps everything. */
export const prefixOf = (cluster: number): string => `/${nameOf(cluster)}`;

/** All that a cluster's API server has written, but the leases of those that run there. */
export async function partOf(cluster: number): Promise<readonly Entry[]> {
  // The character behind the slash ends the range, so that c-10 is no part of c-1.
  const range = { key: encoded(`${prefixOf(cluster)}/`), range_end: encoded(`${prefixOf(cluster)}0`) };
  const { kvs } = await ask<{ kvs: { key: string; value: string }[] }>('range', range);
  return kvs
    .map(({ key, value }) => ({ key: decoded(key).toString(), value: decoded(value) }))
    .filter(({ key }) => !key.startsWith(`${prefixOf(cluster)}/leases/`));
}

/** Write the part of one cluster as another's, before its API server starts. */
export async function takeOver(
  part: readonly Entry[],
  { from, to, change }: { from: number; to: number; change: (one: Entry) => Buffer },
): Promise<void> {
  const puts = part.map((one) => ({
    requestPut: {
      key: encoded(prefixOf(to) + one.key.slice(prefixOf(from).length)),
      value: change(one).toString('base64'),
    },
  }));
  for (let at = 0; at < puts.length; at += operationsAtOnce)
    await ask('txn', { success: puts.slice(at, at + operationsAtOnce) });
}

const encoded = (text: string): string => Buffer.from(text).toString('base64');
const decoded = (text: string): Buffer => Buffer.from(text, 'base64');

async function ask<T>(what: 'range' | 'txn', body: object): Promise<T> {
  const answer = await fetch(`${etcdClients}/v3/kv/${what}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`etcd refuses ${what}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
