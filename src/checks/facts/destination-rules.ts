import { covers, type MeshConfig } from '../../istio/index.ts';
import type { DestinationRule } from '../../kubernetes/index.ts';
import { DEFAULT_ISTIO_NAMESPACE } from '../../topology/index.ts';
import { isSeenFrom, ruleExports } from './exports.ts';
import { hostOf } from './istio-objects.ts';

export interface RuleQuestion {
  /** Full name of the service. */
  readonly host: string;
  /** Namespace of the service. */
  readonly home: string;
  /** Namespace of the proxy that asks. */
  readonly namespace: string;
  readonly config: MeshConfig;
}

/**
 * The DestinationRules that a proxy obeys for a host, oldest first: those of its own namespace, else those of
 * the service's that it sees, else those of the root namespace; of these the ones with the most specific host
 * (istiod's PushContext.destinationRule).
 */
export function rulesFor(rules: readonly DestinationRule[], question: RuleQuestion): DestinationRule[] {
  const { home, namespace, config } = question;
  const root = config.rootNamespace ?? DEFAULT_ISTIO_NAMESPACE;
  const of = (place: string) =>
    mostSpecific(
      rules.filter(
        (rule) =>
          rule.metadata?.namespace === place &&
          isSeenFrom(ruleExports(rule, config), { home: place, namespace }),
      ),
      question.host,
    );
  // A rule of the root namespace for everybody must not stand before the service's own.
  const own = namespace === root ? [] : of(namespace);
  return [own, of(home), of(root)].find((found) => found.length > 0) ?? [];
}

function mostSpecific(rules: readonly DestinationRule[], host: string): DestinationRule[] {
  const matching = rules.filter((rule) => covers(hostOf(rule), host));
  const rank = (rule: DestinationRule) => (hostOf(rule).startsWith('*') ? hostOf(rule).length : Infinity);
  const best = Math.max(...matching.map(rank));
  return matching.filter((rule) => rank(rule) === best).sort((a, b) => madeAt(a) - madeAt(b));
}

const madeAt = ({ metadata }: DestinationRule): number =>
  new Date(metadata?.creationTimestamp ?? 0).getTime();

/** TLS mode that rules state for a port of the service, and the rule that does; undefined where none does. */
export function tlsOf(
  rules: readonly DestinationRule[],
  port: number,
): { readonly rule: DestinationRule; readonly mode: string } | undefined {
  // Of several rules for a host the first traffic policy counts.
  const rule = rules.find(({ spec }) => spec?.trafficPolicy);
  const { tls, portLevelSettings = [] } = rule?.spec?.trafficPolicy ?? {};
  const own = portLevelSettings.find((one) => one.port?.number === port && one.tls);
  const stated = own?.tls ?? tls;
  return rule && stated ? { rule, mode: stated.mode ?? 'DISABLE' } : undefined;
}
