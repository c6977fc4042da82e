import type { DrillSubject } from '../drill.ts';
import { blocked, type Home } from '../frame/target.ts';
import { type FailureKind, failureKinds, kindNames } from './kinds.ts';

/** Which failure of which cluster. */
export interface Case {
  readonly kind: FailureKind;
  readonly home: Home;
}

/** DRILL_BLOCKED if there is no such kind, or nowhere to fail over to. */
export function caseOf({ target, settings }: DrillSubject): Case {
  const kind = failureKinds.find(({ id }) => id === (settings.kind ?? failureKinds[0]?.id));
  if (!kind)
    throw blocked(`there is no failure of the kind ${settings.kind}`, { hint: `choose one of ${kindNames}` });
  const { homes, namespace, name } = target;
  const home = settings.cluster
    ? homes.find(({ cluster }) => cluster.spec.name === settings.cluster)
    : (homes.at(kind.hits === 'own' ? 0 : -1) as Home);
  if (!home)
    throw blocked(`${settings.cluster} has no ready pod of ${namespace}/${name}`, {
      hint: `choose one of ${homes.map(({ cluster }) => cluster.spec.name).join(', ')}`,
    });
  if (homes.length < 2)
    throw blocked(
      `only ${home.cluster.spec.name} has ready pods of ${namespace}/${name}, so nobody else can answer`,
      {
        hint: 'run the service in two clusters at least',
      },
    );
  if (kind.outage && !home.cluster.outages)
    throw blocked(
      `nothing here can stop ${kind.outage === 'cluster' ? 'all of' : 'the API server of'} ${home.cluster.spec.name}, a cluster of the provider ${home.cluster.spec.provider}`,
      {
        hint: 'choose a cluster whose provider can, such as local, or another --kind',
      },
    );
  return { kind, home };
}

/** Seconds within which a cluster is to answer again: pods must be scheduled, start, and be heard of. */
export const returnSecondsOf = ({ returnSeconds = 60 }: FailureKind): number => returnSeconds;
