import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { EmulatedUser } from '../emulator/emulator.ts';

class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(secret?: string | Uint8Array) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret);
  }
  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

export interface TokenOptions {
  readonly user: EmulatedUser;
  readonly region: string;
  /** Name that is signed as x-k8s-aws-id. */
  readonly cluster: string;
  readonly signedAt?: Date;
  readonly expiresIn?: number;
}

/** A token as any client of EKS makes it: written apart from the product's, so that neither hides the other's fault. */
export async function eksToken({
  user,
  region,
  cluster,
  signedAt,
  expiresIn,
}: TokenOptions): Promise<string> {
  const signer = new SignatureV4({
    service: 'sts',
    region,
    credentials: user,
    sha256: Sha256 as never,
    applyChecksum: false,
  });
  const host = `sts.${region}.amazonaws.com`;
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: host,
      path: '/',
      headers: { host, 'x-k8s-aws-id': cluster },
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    },
    {
      expiresIn: expiresIn ?? 60,
      unhoistableHeaders: new Set(['x-k8s-aws-id']),
      ...(signedAt ? { signingDate: signedAt } : {}),
    },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`,
  );
  return `k8s-aws-v1.${Buffer.from(`https://${host}/?${query.join('&')}`).toString('base64url')}`;
}
