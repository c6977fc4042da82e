/** Kinds in the order in which they are applied; what is not named comes last, as custom resources do. */
const phases: readonly (readonly string[])[] = [
  ['Namespace', 'CustomResourceDefinition', 'PriorityClass'],
  ['ServiceAccount', 'ClusterRole', 'Role', 'ConfigMap', 'Secret', 'ResourceQuota', 'LimitRange'],
  ['ClusterRoleBinding', 'RoleBinding', 'Service', 'NetworkPolicy', 'PersistentVolumeClaim'],
  ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration', 'ValidatingAdmissionPolicy'],
  [
    'Deployment',
    'DaemonSet',
    'StatefulSet',
    'Pod',
    'Job',
    'CronJob',
    'HorizontalPodAutoscaler',
    'PodDisruptionBudget',
    'ValidatingAdmissionPolicyBinding',
  ],
];

const ranks = new Map(phases.flatMap((kinds, rank) => kinds.map((kind) => [kind, rank] as const)));

/** Smaller is applied earlier and removed later. */
export function rankOf(object: { readonly kind?: string | undefined }): number {
  return ranks.get(object.kind ?? '') ?? phases.length;
}

/** Groups of equal rank, smallest first; order within a group is kept. */
export function byRank<T extends { readonly kind?: string | undefined }>(objects: readonly T[]): T[][] {
  const groups: T[][] = Array.from({ length: phases.length + 1 }, () => []);
  for (const object of objects) groups[rankOf(object)]?.push(object);
  return groups.filter((group) => group.length > 0);
}
