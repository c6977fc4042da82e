import { describe, expect, it } from 'vitest';
import { shardsOfPeer } from '../../../../src/istio/endpoints/shards.ts';
import { lastKubeconfigLine } from '../../../../src/istio/remotes/kubeconfig-log.ts';

// Lines of an istiod 1.31.0.
const added =
  '2026-11-28T05:50:58.291483Z\tinfo\tAdd cluster\tcluster=eks-2 config=istio-system/istio-remote-secret-eks-2';
const updated =
  '2026-11-28T06:12:31.104872Z\tinfo\tUpdate cluster\tcluster=eks-2 config=istio-system/istio-remote-secret-eks-2';
const json =
  '{"level":"info","time":"2026-11-28T06:12:31.104872Z","msg":"Update cluster","cluster":"eks-2","config":"istio-system/istio-remote-secret-eks-2"}';
const other = updated.replaceAll('eks-2', 'eks-22');
const noise = '2026-11-28T05:50:58.293758Z\tinfo\tNumber of remote clusters: 1';

describe('lastKubeconfigLine', () => {
  it.each([
    ['none', [noise], undefined],
    ['the one at the start', [noise, added, noise], added],
    ['the later of two', [added, noise, updated], updated],
    ['not that of a longer name', [added, other], added],
    ['one of a log in JSON', [added, json], json],
  ])('is %s', (_name, lines, line) => expect(lastKubeconfigLine(lines.join('\n'), 'eks-2')).toBe(line));
});

describe('shardsOfPeer', () => {
  it('is what one cluster has, by host, whatever the order', () => {
    const shard = (...Addresses: string[]) => [{ Addresses }];
    const answer = {
      'web.shop.svc.cluster.local': {
        shop: {
          Shards: {
            'Kubernetes/eks-2': shard('10.2.0.9', '10.2.0.7'),
            'Kubernetes/eks-1': shard('10.1.0.3'),
          },
        },
      },
      'only-here.shop.svc.cluster.local': { shop: { Shards: { 'Kubernetes/eks-1': shard('10.1.0.4') } } },
    };
    expect(shardsOfPeer(answer, 'eks-2')).toEqual({ 'web.shop.svc.cluster.local': ['10.2.0.7', '10.2.0.9'] });
    expect(shardsOfPeer(answer, 'eks-3')).toEqual({});
  });
});
