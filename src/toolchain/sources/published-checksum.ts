import { basename, dirname } from 'node:path';
import { type AskOptions, ask } from './http.ts';

/** Beside a release's file: Kubernetes, CoreDNS and Istio write the first, containerd the second. */
const suffixes = ['.sha256', '.sha256sum'];

/**
 * What the publisher says that the SHA-256 of the file at an address is: beside it, or in its folder's
 * list. Undefined if the publisher says nothing of it. Throws what fetch throws.
 */
export async function publishedChecksum(address: string, options: AskOptions): Promise<string | undefined> {
  for (const suffix of suffixes) {
    const [sum] = /\b[0-9a-f]{64}\b/.exec((await textOf(address + suffix, options)) ?? '') ?? [];
    if (sum) return sum;
  }
  const list = (await textOf(`${dirname(address)}/SHA256SUMS`, options)) ?? '';
  const line = list.split('\n').find((one) => one.trim().split(/\s+\*?/)[1] === basename(address));
  return line?.trim().slice(0, 64);
}

/**
 * Can nobody on the way have changed what is read from an address? Else a checksum beside the file says
 * nothing of it.
 */
export function isAuthentic(address: string): boolean {
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || isLoopback(hostname);
}

/** An address of this machine, which Docker too asks without TLS. */
export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' || /^127(\.\d+){3}$/.test(hostname) || hostname === '[::1]';

async function textOf(address: string, options: AskOptions): Promise<string | undefined> {
  const response = await ask(address, options);
  const text = await response.text();
  return response.ok ? text : undefined;
}
