import type { DestinationRule } from '../../kubernetes/index.ts';
import type { HandshakeVerdict } from '../../load/index.ts';
import { allOf } from '../../process/index.ts';
import type { DrillContext } from '../drill.ts';
import { callersOf } from '../isolation/callers.ts';
import { type Path, PathProber, pathsOf, sniOf } from '../isolation/paths.ts';
import { destinationRules, isFor } from '../traffic-policy.ts';
import { control } from './subject.ts';

/** One try to get through a gateway by a name. */
export interface Forgery {
  readonly path: Path;
  readonly serverName: string;
  /** True for the name of a service that the gateway is to let through. */
  readonly shared: boolean;
  readonly verdict: HandshakeVerdict;
}

/**
 * At every gateway of another network, from every cluster, with a certificate of the mesh and the
 * names by which proxies of the mesh would ask for the service and for each of its subsets.
 */
export async function forgeries(context: DrillContext): Promise<Forgery[]> {
  const { topology, clusters, signal, target } = context;
  const [first] = clusters;
  if (!first) return [];
  const [allowed] = await callersOf(topology, first, signal);
  const ways = await pathsOf({ clusters, signal, target: { ...target, ...control } });
  const subsets = ['', ...(await subsetsOf(context))];
  const forged = target.ports.flatMap((port) =>
    subsets.map((subset) => sniOf({ port, host: target.host }, subset)),
  );
  const prober = new PathProber(context);
  const tryOnce = async (path: Path, serverName: string, shared: boolean): Promise<Forgery> => {
    const asked = shared ? { ...target, ...control } : target;
    const options = { credential: allowed?.credential, serverName };
    return { path, serverName, shared, verdict: await prober.probe(asked, path, options) };
  };
  try {
    const gateways = ways.filter(({ via }) => via === 'gateway');
    const tries = gateways.flatMap((path) => [
      tryOnce(path, sniOf(control), true),
      ...forged.map((serverName) => tryOnce(path, serverName, false)),
    ]);
    return await allOf(tries);
  } finally {
    await prober.close();
  }
}

/** Names of subsets that a DestinationRule of any cluster gives the service. */
async function subsetsOf({ clusters, target, signal }: DrillContext): Promise<string[]> {
  const { apiVersion, kind } = destinationRules;
  const found = await allOf(
    clusters.map(({ kube }) => kube.list<DestinationRule>(apiVersion, kind, { signal })),
  );
  const own = found.flat().filter((rule) => isFor(target, rule, [rule.spec?.host ?? '']));
  return [...new Set(own.flatMap(({ spec }) => (spec?.subsets ?? []).map(({ name }) => name ?? '')))]
    .filter(Boolean)
    .sort();
}

export const forgeryTable = (tries: readonly Forgery[]) => ({
  title: 'Who was let through by which name',
  heads: ['From', 'Gateway of', 'Name (SNI)', 'Expected', 'Seen', 'Detail'],
  rows: tries.map(({ path, serverName, shared, verdict }) => [
    path.from.cluster.spec.name,
    path.to,
    serverName,
    shared ? 'accepted' : 'closed',
    verdict.state,
    verdict.detail,
  ]),
});
