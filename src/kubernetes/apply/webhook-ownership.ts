import type { KubeObject } from '../types.ts';

type Webhook = { name: string; failurePolicy?: string; clientConfig?: { caBundle?: string } };

/**
 * Webhook configurations belong to two masters: we make them, and istiod then writes its authority
 * into them and lets them fail closed. Once it has, our manifest gives those fields up, or each
 * apply would take back what istiod sets again.
 */
export function yieldWebhookFields(object: KubeObject, live: KubeObject | undefined): KubeObject {
  if (!object.kind?.endsWith('WebhookConfiguration')) return object;
  const webhooksOf = (of: KubeObject | undefined) => (of?.['webhooks'] ?? []) as Webhook[];
  const theirs = new Map(webhooksOf(live).map((webhook) => [webhook.name, webhook]));
  return {
    ...object,
    webhooks: webhooksOf(object).map((webhook) => yielded(webhook, theirs.get(webhook.name))),
  };
}

function yielded(ours: Webhook, theirs: Webhook | undefined): Webhook {
  const { failurePolicy, clientConfig, ...rest } = ours;
  const { caBundle, ...config } = clientConfig ?? {};
  const changed = theirs !== undefined && theirs.failurePolicy !== failurePolicy;
  return {
    ...rest,
    ...(failurePolicy === undefined || changed ? {} : { failurePolicy }),
    clientConfig: caBundle ? { ...config, caBundle } : config,
  };
}
