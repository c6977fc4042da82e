import { subnetOf } from './addresses.ts';

const uid = /[0-9a-f]{8}(?=-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})/g;

/**
 * What the API server of `from` stored, as that of `to` would have: endpoints in the cluster's own subnet,
 * and UIDs of its own, by the one of kube-system of which clusters are told apart. Both are as long as
 * before, as they are strings within protobuf, which says their lengths before them.
 */
export function asOf(to: number, from: number): (one: { key: string; value: Buffer }) => Buffer {
  const own = (first: string) => ((Number.parseInt(first, 16) ^ to) >>> 0).toString(16).padStart(8, '0');
  return ({ key, value }) => {
    // One character for one byte, and so back again.
    const text = value.toString('latin1').replace(uid, own);
    const isSlice = key.includes('/endpointslices/');
    return Buffer.from(isSlice ? text.replaceAll(subnetOf(from), subnetOf(to)) : text, 'latin1');
  };
}
