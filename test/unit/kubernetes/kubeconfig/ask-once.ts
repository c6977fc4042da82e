import { Credentials } from '../../../../src/kubernetes/client/credentials.ts';
import { connectionFromKubeconfig, Transport } from '../../../../src/kubernetes/index.ts';

/** One question to the API server of a context, as a command would ask it. */
export async function askOnce(context: string | undefined): Promise<void> {
  const connection = await connectionFromKubeconfig({ cluster: 'east', context });
  const transport = new Transport('east', new Credentials(connection));
  await transport.send({ method: 'GET', path: '/version', once: true, timeoutMs: 5_000 });
}
