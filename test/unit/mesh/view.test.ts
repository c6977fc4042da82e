import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MeshView } from '../../../src/mesh/index.ts';
import { ContextsMesh } from './contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
});
afterEach(() => mesh.stop());

const signal = new AbortController().signal;
const viewOf = (...contexts: string[]) => MeshView.open(mesh.operation(contexts));

describe('one mesh, looked at again and again', () => {
  it('is the file’s where there is one', async () => {
    const view = await viewOf('alive', 'dead');
    expect(view.topology.clusters.map(({ name }) => name)).toEqual(['alive', 'dead']);
    expect(view.withoutFile).toBe(false);
  });

  it('shows a cluster by itself, whatever another one does', async () => {
    const view = await viewOf('alive', 'dead');
    const [alive, dead] = await Promise.all([view.status('alive'), view.status('dead')]);
    expect(alive).toMatchObject({ cluster: 'alive', version: 'v1.36.3' });
    expect(alive.unseen).toBeUndefined();
    expect(dead).toMatchObject({ state: 'unreachable', unseen: { code: 'CLUSTER_UNREACHABLE' } });
  });

  it('tells within ten seconds of a cluster that stops answering in the middle of a look', async () => {
    const view = await viewOf('alive');
    const server = mesh.server('alive');
    let asked = 0;
    // Whoever asks first is answered; from then on it hangs, as one does whose disk is gone.
    server.hold = () => {
      asked += 1;
      return asked > 2 ? new Promise<void>(() => {}) : undefined;
    };
    const began = Date.now();
    const status = await view.status('alive');
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(status).toMatchObject({ state: 'unreachable', unseen: { code: 'CLUSTER_UNREACHABLE' } });
    expect(status.detail).toContain('does not answer');
    server.hold = () => undefined;
    expect((await view.status('alive')).unseen).toBeUndefined();
  });

  it('has nobody to ask for endpoints where no pod has a sidecar, and says so', async () => {
    const view = await viewOf('alive');
    expect(await view.endpoints('alive', signal)).toEqual({
      cluster: 'alive',
      caller: undefined,
      services: [],
      notes: ['no pod has a sidecar'],
    });
  });

  it('has versions of what runs, and none of what does not', async () => {
    const view = await viewOf('alive');
    expect(await view.versions('alive', signal)).toEqual({
      cluster: 'alive',
      kubernetes: 'v1.36.3',
      istiods: [],
      proxies: {},
    });
  });

  it('finds the drill that is at work, whoever runs it', async () => {
    const view = await viewOf('alive');
    expect(await view.drill('alive', signal)).toBeUndefined();
    await mesh
      .server('alive')
      .client()
      .create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'istio-system', name: 'isthmus-drill' },
        data: { drill: 'failover', run: '7-ab', who: 'me@here', deadlineSeconds: '600', steps: '[]' },
      });
    expect(await view.drill('alive', signal)).toMatchObject({
      drill: 'failover',
      run: '7-ab',
      who: 'me@here',
    });
  });
});
