import { type ObjectRef, refOf } from '../../kubernetes/index.ts';
import { shellWord } from '../../process/index.ts';
import { leavesOf, type Step, valueAt } from './change.ts';

/** Name of the Role and RoleBinding that let a pod undo steps in a namespace. */
export const undoRole = 'isthmus-drill';
/** Set on everything that a drill makes; its value names the run. */
export const drillLabel = 'isthmus.io/drill';

/** Steps that objects are changed by; nothing in a cluster undoes its own outage. */
export type ObjectStep = Exclude<Step, { kind: 'outage' }>;

export const isObjectStep = (step: Step): step is ObjectStep => step.kind !== 'outage';

export const refOfStep = (step: ObjectStep): ObjectRef =>
  step.kind === 'create' ? refOf(step.object) : step.ref;

/** Kubernetes' own rule for the names of resources, which every kind that drills change follows. */
export const pluralOf = (kind: string): string => {
  const name = kind.toLowerCase();
  if (name.endsWith('y')) return `${name.slice(0, -1)}ies`;
  return name.endsWith('s') ? `${name}es` : `${name}s`;
};

/** Path of an object's resource at its API server. */
export function pathOfRef({ apiVersion, kind, namespace, name }: ObjectRef): string {
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = namespace ? `/namespaces/${namespace}` : '';
  return `${base}${within}/${pluralOf(kind)}/${name}`;
}

interface PatchOperation {
  readonly op: 'test' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

const pointer = (path: readonly string[]): string =>
  path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Takes a patch back only where each field still has what the drill set: RFC 6902 is all or nothing. */
export function conditionalInverse({ set, before }: Extract<Step, { kind: 'patch' }>): PatchOperation[] {
  const leaves = leavesOf(set);
  const tests = leaves
    .filter(({ value }) => value !== null)
    .map(({ path, value }): PatchOperation => ({ op: 'test', path: pointer(path), value }));
  const backs = leaves.map(({ path }): PatchOperation => {
    const value = valueAt(before, path);
    return value === undefined
      ? { op: 'remove', path: pointer(path) }
      : { op: 'replace', path: pointer(path), value };
  });
  return [...tests, ...backs];
}

/** Shell lines that undo the steps, the last first; `patched`, `removed` and `gone` are the pod's own. */
export function undoScript(steps: readonly Step[], run: string): string {
  const objects = steps.filter(isObjectStep);
  const lines = objects.toReversed().map((step) => {
    const path = pathOfRef(refOfStep(step));
    if (step.kind === 'patch')
      return `patched ${path} ${shellWord(JSON.stringify(conditionalInverse(step)))}`;
    const own = [{ op: 'test', path: pointer(['metadata', 'labels', drillLabel]), value: run }];
    return `removed ${path} ${shellWord(JSON.stringify(own))}`;
  });
  const namespaces = new Set(objects.flatMap((step) => refOfStep(step).namespace ?? []));
  const roles = [...namespaces].map(
    (namespace) => `gone /apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/${undoRole}`,
  );
  return [...lines, ...roles].join('\n');
}

/** What the pod may do in a namespace: take these steps back, and then its own right to. */
export function undoRules(steps: readonly Step[], namespace: string): object[] {
  const own = steps.filter(isObjectStep).filter((step) => refOfStep(step).namespace === namespace);
  const rules = own.map((step) => {
    const { apiVersion, kind, name } = refOfStep(step);
    const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
    const verbs = step.kind === 'patch' ? ['patch'] : ['patch', 'delete'];
    return { apiGroups: [group], resources: [pluralOf(kind)], resourceNames: [name], verbs };
  });
  const itself = { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] };
  return [...rules, { ...itself, resourceNames: [undoRole], verbs: ['delete'] }];
}
