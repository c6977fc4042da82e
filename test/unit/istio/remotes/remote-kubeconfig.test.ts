import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import {
  parseRemoteKubeconfig,
  remoteKubeconfig,
} from '../../../../src/istio/remotes/kubeconfig/remote-kubeconfig.ts';
import { plainConfiguration } from '../../../../src/kubernetes/index.ts';

describe('remoteKubeconfig', () => {
  const connection = {
    cluster: 'eks-2',
    config: plainConfiguration({ name: 'eks-2', server: 'https://192.0.2.1' }, { name: 'eks-2' }),
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
      serverName: '',
      proxy: '',
      certificateAuthority: connection.certificateAuthority,
      token: 'secret-token',
    });
  });

  it('keeps the name by which the API server is verified', () => {
    const text = remoteKubeconfig({ ...connection, serverNameForPeers: 'api.corp' }, 't');
    const config = new KubeConfig();
    config.loadFromString(text);
    expect(config.getCurrentCluster()?.tlsServerName).toBe('api.corp');
    expect(parseRemoteKubeconfig(text)?.serverName).toBe('api.corp');
  });

  it.each(['no', 'y', '0o7', '1e3'])('is read by istiod for a cluster that is named %s', (cluster) => {
    const text = remoteKubeconfig({ ...connection, cluster }, 't');
    expect(parseRemoteKubeconfig(text)?.token).toBe('t');
  });

  it('leaves the authority out for an API server with a public certificate', () => {
    const text = remoteKubeconfig({ ...connection, certificateAuthority: undefined }, 't');
    expect(text).not.toContain('certificate-authority');
    expect(parseRemoteKubeconfig(text)?.certificateAuthority).toBe('');
  });

  it.each([
    '',
    'garbage: [',
    '[]',
    'users: [{user: {}}]',
    'users: [{user: {token: planted}}]',
    'clusters: [{cluster: {server: "https://a"}}]',
  ])('takes %j for broken', (text) => expect(parseRemoteKubeconfig(text)).toBeUndefined());
});
