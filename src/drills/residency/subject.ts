import { fullHost, SAMPLE_NAMESPACE } from '../../istio/index.ts';
import type { ServiceSpec, Topology } from '../../topology/index.ts';
import type { DrillSubject } from '../drill.ts';
import { type Answerers, blocked, defaultService, type Home, type WantedService } from '../frame/target.ts';

/** A service that every cluster shares: what a probe sees of it proves that the probe can see. */
export const control = {
  ...defaultService,
  port: 5000,
  host: fullHost(defaultService),
  url: `http://${fullHost(defaultService)}:5000/hello`,
} as const;

export const controlPods: Answerers = {
  namespace: SAMPLE_NAMESPACE,
  selector: `app=${defaultService.name}`,
};

/** The first service of the file that is kept in its clusters. DRILL_BLOCKED without one. */
export function firstResident({ services }: Topology): WantedService {
  const found = services.find(({ residency }) => residency);
  if (found) return found;
  throw blocked('no service of the mesh file has a residency', {
    hint: 'say where a service stays: spec.services: [{host: NAME.NAMESPACE, residency: [CLUSTER]}], then isthmus up',
  });
}

export interface Resident {
  readonly wish: ServiceSpec;
  /** Names of the only clusters that may have its endpoints. */
  readonly clusters: readonly string[];
  /** The one whose pods are taken away for a while. */
  readonly home: Home;
}

/** DRILL_BLOCKED where the service is not one that the file keeps in its clusters, or is the control itself. */
export function residentOf({ topology, target, settings }: DrillSubject): Resident {
  const { namespace, name, homes } = target;
  const wish = topology.services.find((one) => one.name === name && one.namespace === namespace);
  if (!wish?.residency)
    throw blocked(`the mesh file does not keep ${namespace}/${name} in any cluster`, {
      hint: `put {host: ${name}.${namespace}, residency: [CLUSTER]} into spec.services, then isthmus up`,
    });
  if (name === control.name && namespace === control.namespace)
    throw blocked(`${namespace}/${name} is what this drill compares with`, {
      hint: 'choose another service with a residency: --service NAMESPACE/NAME',
    });
  if (!topology.samples)
    throw blocked('there is nothing to compare with, as spec.samples is false', {
      hint: 'set spec.samples: true and run isthmus up',
    });
  const wanted = settings.cluster ?? wish.residency[0];
  const home = homes.find(({ cluster }) => cluster.spec.name === wanted);
  if (home) return { wish, clusters: wish.residency, home };
  throw blocked(`${wanted} has no ready pod of ${namespace}/${name}`, {
    hint: `start it there; it has pods in ${homes.map(({ cluster }) => cluster.spec.name).join(', ')}`,
  });
}

/** Are there networks that only gateways connect? */
export const hasGateways = ({ clusters }: DrillSubject): boolean =>
  new Set(clusters.map(({ spec }) => spec.network)).size > 1;
