import type { MeshConfig } from '../../istio/index.ts';
import type { DestinationRule, Service } from '../../kubernetes/index.ts';

/**
 * Does a namespace see what is exported so from its home? As istiod has it: `*` is everybody, `.` the own
 * namespace, `~` nobody unless `*` is there as well.
 */
export function isSeenFrom(
  exportTo: readonly string[],
  { home, namespace }: { readonly home: string; readonly namespace: string },
): boolean {
  if (exportTo.includes('*')) return true;
  if (exportTo.includes('~')) return false;
  return exportTo.includes(namespace) || (exportTo.includes('.') && namespace === home);
}

/** Annotation of a Service by which it is seen in some namespaces only. */
export const EXPORT_TO_ANNOTATION = 'networking.istio.io/exportTo';

/** The namespaces that a Service names itself; undefined where the mesh's default holds. */
export function statedExports({ metadata }: Service): string[] | undefined {
  const stated = metadata?.annotations?.[EXPORT_TO_ANNOTATION];
  return stated ? stated.split(',').map((one) => one.trim()) : undefined;
}

/** Namespaces that see a Service. */
export const exportsOf = (service: Service, { defaultServiceExportTo }: MeshConfig): readonly string[] =>
  statedExports(service) ?? defaultServiceExportTo ?? ['*'];

/** Namespaces that see a DestinationRule; one for some workloads stays in its own. */
export function ruleExports(
  { spec }: DestinationRule,
  { defaultDestinationRuleExportTo = ['*'] }: MeshConfig,
): readonly string[] {
  if (spec?.workloadSelector) return ['.'];
  if (spec?.exportTo?.length) return spec.exportTo;
  // Of the default only these two count.
  return defaultDestinationRuleExportTo.includes('.') ? ['.'] : ['*'];
}
