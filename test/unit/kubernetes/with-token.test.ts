import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import { connectionWithToken } from '../../../src/kubernetes/kubeconfig/with-token.ts';

/** As a provider's configuration that signs in by itself. */
class SigningConfig extends KubeConfig {
  readonly sign: () => string;

  constructor(sign: () => string) {
    super();
    this.sign = sign;
  }

  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    options.headers = { Authorization: `Bearer ${this.sign()}` };
  }
}

test('a token replaces also a way of signing in that the configuration has of its own', async () => {
  const config = new SigningConfig(() => 'own');
  config.loadFromOptions({
    clusters: [{ name: 'east', server: 'https://192.0.2.1' }],
    users: [{ name: 'east' }],
    contexts: [{ name: 'east', cluster: 'east', user: 'east' }],
    currentContext: 'east',
  });
  const connection = { cluster: 'east', config, apiServerForPeers: 'https://192.0.2.1' };
  const options: RequestOptions = {};
  await connectionWithToken(
    { ...connection, certificateAuthority: undefined },
    'given',
  ).config.applyToHTTPSOptions(options);
  expect(JSON.stringify(options.headers)).toContain('Bearer given');
});
