import { fullHost } from '../../istio/index.ts';
import type { DestinationRule, KubeObject } from '../../kubernetes/index.ts';

/** `namespace/name` of an object. */
export const namespacedNameOf = ({ metadata }: KubeObject): string =>
  `${metadata?.namespace}/${metadata?.name}`;

/** Full name of a DestinationRule's host. */
export const hostOf = (rule: DestinationRule): string => longHost(rule.spec?.host ?? '', rule);

/** Full name of a host that an object names; a short name is one of its own namespace. */
export const longHost = (host: string, { metadata: { namespace = '' } = {} }: KubeObject): string =>
  host.includes('.') || host === '*' ? host : fullHost({ name: host, namespace });
