import { connectionFromKubeconfig, type KubeConnection } from '../../../src/kubernetes/index.ts';

/** A connection by plain HTTP. */
export function connectionTo(port: number, name = 'fake', token = 'planted-token'): Promise<KubeConnection> {
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  const text = JSON.stringify({
    clusters: [{ name, cluster }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
  return connectionFromKubeconfig({ cluster: name, text });
}
