import { createRoot, issueLeaf } from '../../../src/pki/index.ts';
import { FakeApiServer } from '../../fakes/api-server.ts';
import type { Emulator } from '../emulator/emulator.ts';

export interface PlacedApiServer {
  readonly region: string;
  /** In mesh and file. */
  readonly cluster: string;
  readonly eksName: string;
  /** The DNS name by which EKS tells of it; its address when absent. */
  readonly host?: string;
}

/** An API server with one node behind an emulated EKS cluster, which asks the emulator who somebody is. */
export async function placeApiServer(
  emulator: Emulator,
  { region, cluster, eksName, host }: PlacedApiServer,
): Promise<FakeApiServer> {
  const root = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  const { certificatePem, keyPem } = await issueLeaf({
    issuer: root,
    commonName: eksName,
    ...(host === undefined ? { ipAddresses: ['127.0.0.1'] } : { dnsNames: [host] }),
    usages: ['server'],
    days: 1,
  });
  const review = emulator.tokenReviewUrl(region, eksName);
  const server = await FakeApiServer.start({
    name: cluster,
    tls: { cert: certificatePem, key: keyPem },
    authenticate: (token) => authenticated(review, token),
  });
  server.put(node);
  await emulator.placeApiServer(eksName, {
    endpoint: `https://${host ?? '127.0.0.1'}:${server.port}`,
    certificateAuthority: Buffer.from(root.certificatePem).toString('base64'),
  });
  return server;
}

async function authenticated(url: string, token: string): Promise<boolean> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ spec: { token } }) });
  const { status } = (await answer.json()) as { status?: { authenticated?: boolean } };
  return status?.authenticated ?? false;
}

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'i-0123456789abcdef0' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
};
