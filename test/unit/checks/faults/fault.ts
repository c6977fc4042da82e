import type { KubeObject } from '../../../../src/kubernetes/index.ts';
import { istioNamespaceOf } from '../../../../src/topology/index.ts';
import type { ExecAnswer, ExecRequest } from '../../../fakes/exec-door.ts';
import type { FakeMesh } from '../../../fakes/mesh.ts';

/** A fault of a mesh that is whole, by what it takes or changes. */
export interface Fault {
  readonly id: string;
  readonly what: string;
  readonly inject: (mesh: FakeMesh) => void;
  readonly status?: 'fail' | 'warn';
  /** Cluster and object that the finding names. */
  readonly cluster: string;
  readonly object: RegExp;
}

export const system = 'istio-system';
export const pod = (name: string) => `${name}-6d5f7b9c8-abcde`;

/** istiod of eks-2 may be in another namespace than the usual one. */
export const placeOf = (mesh: FakeMesh, namespace: string | undefined) =>
  namespace === system ? istioNamespaceOf(mesh.member('eks-2').cluster.spec) : namespace;

/** Change an object of eks-2. */
export const change =
  (kind: [string, string], name: [namespace: string | undefined, name: string], patch: object) =>
  (mesh: FakeMesh) => {
    const { server } = mesh.member('eks-2');
    const namespace = placeOf(mesh, name[0]);
    const place = { kind: server.store.kindOf(...kind), namespace, name: name[1] };
    server.store.merge(place, patch, { manager: 'fault', dryRun: false });
  };
/** istiod of eks-2 is of this image, with these variables and no others. */
export const discovery = (image: string, env: readonly { name: string; value: string }[]) =>
  change(['apps/v1', 'Deployment'], [system, 'istiod'], {
    spec: { template: { spec: { containers: [{ name: 'discovery', image, env }] } } },
  });
/** Commands in the pods of one cluster that end otherwise. */
export const overriding =
  (cluster: string, answer: (request: ExecRequest) => ExecAnswer | undefined) => (mesh: FakeMesh) => {
    mesh.member(cluster).override = answer;
  };
/** An object of eks-2 is gone. */
export const drop =
  ([apiVersion, kind]: [string, string], namespace: string | undefined, name: string) =>
  (mesh: FakeMesh) =>
    mesh.member('eks-2').server.drop({ apiVersion, kind, namespace: placeOf(mesh, namespace), name });
export const unready = {
  status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }] },
};

/** A NetworkPolicy of eks-2 that lets nobody in but by these rules. */
export const closing = (
  namespace: string,
  matchLabels: object,
  ingress: readonly object[] = [],
): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { namespace, name: 'closing' },
  spec: { podSelector: { matchLabels }, policyTypes: ['Ingress'], ingress },
});

/** The mesh configuration of eks-2 says this as well. */
export const meshConfig = (more: object) => (mesh: FakeMesh) => {
  const { server } = mesh.member('eks-2');
  const kind = server.store.kindOf('v1', 'ConfigMap');
  const namespace = placeOf(mesh, system);
  const found = server.store.find({ kind, namespace, name: 'istio' }) as { data?: { mesh?: string } };
  const text = JSON.stringify({ ...JSON.parse(found.data?.mesh ?? '{}'), ...more });
  change(['v1', 'ConfigMap'], [system, 'istio'], { data: { mesh: text } })(mesh);
};
