import { expect, test } from 'vitest';
import { type KubeConfiguration, plainConfiguration } from '../../../src/kubernetes/index.ts';
import { connectionAs } from '../../../src/kubernetes/kubeconfig/connection-as.ts';

test('a token replaces also a way of signing in that the configuration has of its own', async () => {
  const plain = plainConfiguration({ name: 'east', server: 'https://192.0.2.1' }, { name: 'east' });
  // As a provider's configuration that signs in by itself.
  const signIn = async () => ({ headers: { Authorization: 'Bearer own' }, tls: {} });
  const config: KubeConfiguration = { ...plain, signIn };
  const connection = { cluster: 'east', config, apiServerForPeers: 'https://192.0.2.1' };
  const given = connectionAs({ ...connection, certificateAuthority: undefined }, { token: 'given' });
  expect((await given.config.signIn()).headers).toEqual({ Authorization: 'Bearer given' });
});
