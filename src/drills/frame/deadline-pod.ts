import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { runningPods, SAMPLE_NAMESPACE } from '../../istio/index.ts';
import type { KubeObject, ObjectRef, Pod } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import type { Step } from './change.ts';
import { drillLabel, isObjectStep, refOfStep, undoRole, undoRules } from './undo-script.ts';

const name = 'isthmus-drill-deadline';
const rbac = 'rbac.authorization.k8s.io/v1';

export interface DeadlineOptions {
  readonly run: string;
  readonly signal: AbortSignal;
}

export interface SetDeadlineOptions extends DeadlineOptions {
  /** From now. */
  readonly seconds: number;
  /** The undo record: with it goes what is in its namespace. */
  readonly owner: KubeObject;
}

/**
 * Start a pod that undoes the drill from within the cluster once its deadline is over and nobody has.
 * Returns why there can be none, for a note: no drill depends on it.
 */
export async function setDeadline(
  cluster: MeshCluster,
  options: SetDeadlineOptions,
): Promise<string | undefined> {
  const { signal } = options;
  const image = await clientImage(cluster, signal);
  if (!image) return 'there is no sample client, whose image it would need';
  try {
    for (const object of deadlineObjects(image, options)) await cluster.kube.create(object, { signal });
    return undefined;
  } catch (error) {
    if (!isIsthmusError(error) || error.code === 'INTERRUPTED' || error.code === 'BUG') throw error;
    await removeDeadline(cluster, options);
    return messageOf(error);
  }
}

/** The sample client's: it has sh, curl, sed and base64, and the cluster can pull it. */
async function clientImage(
  { kube, ...cluster }: MeshCluster,
  signal: AbortSignal,
): Promise<string | undefined> {
  const options = { namespace: SAMPLE_NAMESPACE, labelSelector: 'app=sleep', signal };
  const [client] = await runningPods({ kube, ...cluster }, options);
  if (!client?.ready) return undefined;
  const ref = { apiVersion: 'v1', kind: 'Pod', namespace: client.namespace, name: client.name };
  const pod = await kube.get<Pod>(ref, { signal });
  return pod?.spec?.containers.find((one) => one.name === 'sleep')?.image;
}

/** Give the pod the right to take back what is about to be done, in that namespace and by name. */
export async function allowUndo(
  { kube, spec }: MeshCluster,
  steps: readonly Step[],
  { run, signal }: DeadlineOptions,
): Promise<void> {
  const last = steps.at(-1);
  const namespace = last && isObjectStep(last) ? refOfStep(last).namespace : undefined;
  if (!namespace) return;
  const rules = undoRules(steps, namespace);
  const ref = { apiVersion: rbac, kind: 'Role', namespace, name: undoRole };
  if (await kube.get(ref, { signal })) {
    await kube.patch(ref, { rules }, { signal });
    return;
  }
  const metadata = metadataOf(undoRole, namespace, run);
  const role = await kube.create({ apiVersion: rbac, kind: 'Role', metadata, rules }, { signal });
  await kube.create(binding(undoRole, namespace, { run, owner: role, account: istioNamespaceOf(spec) }), {
    signal,
  });
}

/** Remove the pod and its rights. */
export async function removeDeadline({ kube }: MeshCluster, { run, signal }: DeadlineOptions): Promise<void> {
  const kinds = [
    ['v1', 'Pod'],
    [rbac, 'RoleBinding'],
    [rbac, 'Role'],
    ['v1', 'ServiceAccount'],
  ] as const;
  for (const [apiVersion, kind] of kinds) {
    const found = await kube.list(apiVersion, kind, { labelSelector: `${drillLabel}=${run}`, signal });
    const own = found.filter(({ metadata }) => [name, undoRole].includes(metadata?.name ?? ''));
    for (const { metadata } of own) {
      const ref: ObjectRef = { apiVersion, kind, namespace: metadata?.namespace, name: metadata?.name ?? '' };
      await kube.remove(ref, { signal, wait: kind === 'Pod' });
    }
  }
}

const metadataOf = (called: string, namespace: string, run: string) => ({
  name: called,
  namespace,
  labels: { 'app.kubernetes.io/managed-by': 'isthmus', [drillLabel]: run },
});

const ownedBy = ({ apiVersion = '', kind = '', metadata }: KubeObject) => ({
  ownerReferences: [{ apiVersion, kind, name: metadata?.name ?? '', uid: metadata?.uid ?? '' }],
});

function binding(
  called: string,
  namespace: string,
  { run, owner, account }: { run: string; owner: KubeObject; account: string },
): KubeObject {
  return {
    apiVersion: rbac,
    kind: 'RoleBinding',
    metadata: { ...metadataOf(called, namespace, run), ...ownedBy(owner) },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: called },
    subjects: [{ kind: 'ServiceAccount', name, namespace: account }],
  };
}

function deadlineObjects(image: string, { run, seconds, owner }: SetDeadlineOptions): KubeObject[] {
  const { namespace = '', name: record = '' } = owner.metadata ?? {};
  const metadata = { ...metadataOf(name, namespace, run), ...ownedBy(owner) };
  const rules = [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: [record], verbs: ['get', 'delete'] },
  ];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    { apiVersion: rbac, kind: 'Role', metadata, rules },
    binding(name, namespace, { run, owner, account: namespace }),
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: withoutSidecar(metadata),
      spec: podSpec(image, { seconds, namespace, record, run }),
    },
  ];
}

const withoutSidecar = <M extends { labels: object }>(metadata: M) => ({
  ...metadata,
  labels: { ...metadata.labels, 'sidecar.istio.io/inject': 'false' },
});

interface Waiting {
  readonly seconds: number;
  readonly namespace: string;
  readonly record: string;
  readonly run: string;
}

const podSpec = (image: string, waiting: Waiting) => ({
  serviceAccountName: name,
  restartPolicy: 'OnFailure',
  terminationGracePeriodSeconds: 1,
  securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'deadline',
      image,
      imagePullPolicy: 'IfNotPresent',
      command: ['sh', '-c', scriptOf(waiting)],
      resources: { requests: { cpu: '5m', memory: '8Mi' } },
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
});

/**
 * Waits, then does what the undo record says by then, again until all of it is done. 404: it is gone;
 * 422: somebody else set it meanwhile, which stays.
 */
const scriptOf = ({ seconds, namespace, record, run }: Waiting): string => `
host=$KUBERNETES_SERVICE_HOST; case $host in *:*) host="[$host]";; esac
api=https://$host:$KUBERNETES_SERVICE_PORT
account=/var/run/secrets/kubernetes.io/serviceaccount
call() { curl -sS -m 20 --cacert $account/ca.crt -H "Authorization: Bearer $(cat $account/token)" "$@"; }
code() { call -o /dev/null -w '%{http_code}' "$@"; }
failed=0
done_by() { case " $2 " in *" $1 "*) return 0;; esac; echo "$1 $3"; failed=1; return 1; }
patch() { code -X PATCH -H 'Content-Type: application/json-patch+json' -d "$2" "$api$1"; }
patched() { done_by "$(patch "$1" "$2")" '200 404 422' "$1"; }
gone() { done_by "$(code -X DELETE "$api$1")" '200 202 404' "$1"; }
removed() { if [ "$(patch "$1" "$2")" = 200 ]; then gone "$1"; else patched "$1" "$2"; fi; }
sleep ${seconds}
while :; do
  seen=$(call "$api/api/v1/namespaces/${namespace}/configmaps/${record}" | tr -d '\\n')
  case $seen in *'"code":404'*) exit 0;; esac
  case $seen in *'"${run}"'*) ;; *) echo "$seen"; sleep 10; continue;; esac
  failed=0
  eval "$(printf %s "$seen" | sed -n 's/.*"undo": *"\\([^"]*\\)".*/\\1/p' | base64 -d)"
  [ $failed = 0 ] && gone /api/v1/namespaces/${namespace}/configmaps/${record} && exit 0
  sleep 10
done`;
