import { type KubeConnection, plainConfiguration } from '../../../src/kubernetes/index.ts';

/** A connection by plain HTTP, over which, other than by a kubeconfig, the token is sent. */
export async function connectionTo(
  port: number,
  name = 'fake',
  token = 'planted-token',
): Promise<KubeConnection> {
  const server = `http://127.0.0.1:${port}`;
  const config = plainConfiguration({ name, server, skipTLSVerify: true }, { name, token });
  return { cluster: name, config, apiServerForPeers: server, certificateAuthority: undefined };
}
