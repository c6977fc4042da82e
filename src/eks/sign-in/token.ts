import { createHash, createHmac } from 'node:crypto';
import {
  type AwsCredentials,
  awsError,
  type CredentialSource,
  credentialsOf,
  silenceSdkWarning,
} from '../../aws/index.ts';
import { IsthmusError } from '../../errors/index.ts';

/** EKS takes a token for a quarter of an hour after its signing; a minute is left for clocks. */
const lifeMs = 14 * 60_000;
/** A token with less time than this left is replaced. */
const marginMs = 60_000;

export interface EksTokenOptions {
  readonly clusterName: string;
  readonly region: string;
  readonly profile?: string | undefined;
  /** Instead of the profile's. */
  readonly credentials?: CredentialSource | undefined;
}

export interface EksToken {
  /** Bearer token; a secret. */
  readonly token: string;
  readonly expiresAt: Date;
}

const cache = new Map<string, Promise<EksToken>>();
let lastSource = 0;
const sources = new WeakMap<CredentialSource, number>();

/**
 * A bearer token for an EKS cluster: a presigned STS GetCallerIdentity call that EKS makes in our name
 * to learn who we are. No request is made for it. Cached in this process until a minute before its end.
 * Throws AWS_CREDENTIALS_MISSING.
 */
export async function eksToken(options: EksTokenOptions): Promise<EksToken> {
  const key = cacheKey(options);
  const known = await cache.get(key);
  if (known && known.expiresAt.getTime() - Date.now() > marginMs) return known;
  const signing = signToken(options);
  cache.set(key, signing);
  signing.catch(() => cache.delete(key));
  return signing;
}

function cacheKey({ clusterName, region, profile, credentials }: EksTokenOptions): string {
  if (credentials && !sources.has(credentials)) sources.set(credentials, ++lastSource);
  const source = credentials ? sources.get(credentials) : `profile ${profile ?? ''}`;
  return JSON.stringify([clusterName, region, source]);
}

async function signToken(options: EksTokenOptions): Promise<EksToken> {
  const { region, profile } = options;
  try {
    const source = options.credentials ?? (await credentialsOf({ region, profile }));
    const credentials = await source();
    const now = new Date();
    const url = await presign({ ...options, credentials, now });
    const end = Math.min(
      now.getTime() + lifeMs,
      credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY,
    );
    return { token: `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`, expiresAt: new Date(end) };
  } catch (error) {
    throw awsError(error, `signing a token for ${options.clusterName}`, options.profile);
  }
}

async function presign(options: {
  clusterName: string;
  region: string;
  credentials: AwsCredentials;
  now: Date;
}): Promise<string> {
  const { SignatureV4 } = await import('@smithy/signature-v4');
  const endpoint = await stsEndpoint(options.region);
  const signer = new SignatureV4({
    service: 'sts',
    region: options.region,
    credentials: options.credentials,
    sha256: Sha256,
  });
  const signed = await signer.presign(
    {
      method: 'GET',
      protocol: endpoint.protocol,
      hostname: endpoint.hostname,
      ...(endpoint.port ? { port: Number(endpoint.port) } : {}),
      path: '/',
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host: endpoint.host, 'x-k8s-aws-id': options.clusterName },
    },
    {
      expiresIn: 60,
      signingDate: options.now,
      // EKS sends this header itself and takes the token for no other cluster.
      unhoistableHeaders: new Set(['x-k8s-aws-id']),
    },
  );
  const query = Object.entries(signed.query ?? {}).map(
    ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`,
  );
  return `${endpoint.origin}/?${query.join('&')}`;
}

/** The region's own STS in any partition, or whatever the environment puts in its place. */
async function stsEndpoint(region: string): Promise<URL> {
  const override = process.env['AWS_ENDPOINT_URL_STS'] || process.env['AWS_ENDPOINT_URL'];
  if (override) return new URL(override);
  silenceSdkWarning();
  const { STSClient } = await import('@aws-sdk/client-sts');
  const found = new STSClient({ region }).config.endpointProvider({
    Region: region,
    UseDualStack: false,
    UseFIPS: false,
    UseGlobalEndpoint: false,
  });
  return found.url;
}

/** The signer's hash, by Node's own crypto. */
class Sha256 {
  #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }

  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(bytes(chunk));
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new IsthmusError('BUG', 'the signer asked to use a hash twice');
  }
}

function bytes(data: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}

/** What kubectl expects of an exec plugin, as one JSON document; it holds the token. */
export function execCredential({ token, expiresAt }: EksToken): string {
  return JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: {},
    status: { expirationTimestamp: expiresAt.toISOString().replace(/\.\d+Z$/, 'Z'), token },
  });
}
