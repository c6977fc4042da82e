import type { KubeObject, MutatingWebhookConfiguration } from '../../../kubernetes/index.ts';

/**
 * Revision or tag whose webhook makes the sidecars of a namespace. As in the selectors of Istio's
 * webhooks, `istio-injection` goes before `istio.io/rev`.
 */
export function wantedRevision({ metadata }: KubeObject): string {
  const { 'istio-injection': injection, 'istio.io/rev': revision } = metadata?.labels ?? {};
  return injection === 'enabled' ? 'default' : (revision ?? 'default');
}

/** The webhook of a revision or of a tag by that name; a tag goes before. */
export function injectorOf(
  hooks: readonly MutatingWebhookConfiguration[],
  wanted: string,
): MutatingWebhookConfiguration | undefined {
  const labels = ({ metadata }: MutatingWebhookConfiguration) => metadata?.labels ?? {};
  return (
    hooks.find((hook) => labels(hook)['istio.io/tag'] === wanted) ??
    hooks.find((hook) => {
      const { 'istio.io/tag': tag, 'istio.io/rev': revision = 'default' } = labels(hook);
      return tag === undefined && revision === wanted;
    })
  );
}
