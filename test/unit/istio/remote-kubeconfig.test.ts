import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import {
  parseRemoteKubeconfig,
  remoteKubeconfig,
  tokenLife,
} from '../../../src/istio/remotes/remote-kubeconfig.ts';
import { isDue } from '../../../src/istio/remotes/remote-secrets.ts';

const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

describe('remoteKubeconfig', () => {
  const connection = {
    cluster: 'eks-2',
    config: new KubeConfig(),
    apiServerForPeers: 'https://10.2.0.1:6443',
    certificateAuthority: '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
  };

  it('is what the Kubernetes client reads and what is read back', () => {
    const text = remoteKubeconfig(connection, 'secret-token');
    const config = new KubeConfig();
    config.loadFromString(text);
    expect(config.getCurrentCluster()?.server).toBe('https://10.2.0.1:6443');
    expect(config.getCurrentUser()?.token).toBe('secret-token');
    expect(parseRemoteKubeconfig(text)).toEqual({
      server: 'https://10.2.0.1:6443',
      certificateAuthority: connection.certificateAuthority,
      token: 'secret-token',
    });
  });

  it('leaves the authority out for an API server with a public certificate', () => {
    const text = remoteKubeconfig({ ...connection, certificateAuthority: undefined }, 't');
    expect(text).not.toContain('certificate-authority');
    expect(parseRemoteKubeconfig(text)?.certificateAuthority).toBe('');
  });

  it.each(['', 'garbage: [', '[]', 'users: [{user: {}}]', 'clusters: [{cluster: {server: "https://a"}}]'])(
    'takes %j for broken',
    (text) => expect(parseRemoteKubeconfig(text)).toBeUndefined(),
  );
});

describe('tokenLife', () => {
  it('comes from the token’s own claims', () => {
    expect(tokenLife(jwt({ iat: 1000, exp: 4000 }))).toEqual({
      issued: new Date(1_000_000),
      expires: new Date(4_000_000),
    });
  });

  it.each([jwt({ iat: 1000 }), 'opaque', ''])('is undefined for %j', (token) =>
    expect(tokenLife(token)).toBeUndefined(),
  );

  it('is due when under a third is left', () => {
    const life = { issued: new Date(0), expires: new Date(900_000) };
    expect(isDue(life, new Date(599_000))).toBe(false);
    expect(isDue(life, new Date(601_000))).toBe(true);
    expect(isDue(life, new Date(1_000_000))).toBe(true);
  });
});
