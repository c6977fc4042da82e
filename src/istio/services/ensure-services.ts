import {
  applyAll,
  type DestinationRule,
  type KubeObject,
  type ObjectChange,
  refOf,
} from '../../kubernetes/index.ts';
import { allOf } from '../../process/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter, span } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import { inventoryOf } from '../install/inventories.ts';
import { managed } from '../install/namespaces.ts';
import { ensureNamespaces } from './ensure-namespaces.ts';
import { serviceObjects } from './service-objects.ts';
import { type SubsetHost, waitUntilForgotten, waitUntilKnown } from './subset-gates.ts';

export interface EnsureServicesOptions {
  readonly topology: Topology;
  /** Every primary that can be reached. */
  readonly clusters: readonly MeshCluster[];
  /** Primaries that stay as they are, and send requests to those and get some of them. */
  readonly others?: readonly MeshCluster[] | undefined;
  /** Names of primaries of which nobody can tell what they know and send. */
  readonly unreachable?: readonly string[] | undefined;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Change nothing and say what would change. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Tell every primary the same of the file's Services, and take back what the file no longer wants.
 * All clusters get the subsets before any gets a route that names one, and lose them after the routes:
 * a request for a subset that a gateway does not know is reset. For the same reason clusters beside
 * others that stay as they are, or that cannot be reached, keep routes and subsets that those do not
 * know, or may still name, for later. Throws TIMED_OUT when proxies do not take them.
 */
export async function ensureServices(options: EnsureServicesOptions): Promise<ObjectChange[]> {
  const { topology, reporter } = options;
  const { rules, routes } = serviceObjects(topology);
  if (options.dryRun)
    return [
      ...(await applyStage(options, 'services', () => rules)),
      ...(await applyStage(options, 'routes', () => routes)),
    ];
  return span(reporter, { title: 'services' }, async (handle) => {
    const inner = { ...options, reporter: handle };
    const changes = await inOrder(inner, rules, routes);
    if (changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return changes;
  });
}

async function inOrder(
  options: EnsureServicesOptions,
  rules: readonly KubeObject[],
  routes: readonly KubeObject[],
): Promise<ObjectChange[]> {
  const { clusters, others = [], unreachable = [] } = options;
  const spaces = await ensureNamespaces(options, rules);
  const live = await subsetsIn(clusters, options);
  const elsewhere = (await subsetsIn(others, options)).map((there) => there.flatMap(hostsIn));
  const former = without(live.flat().flatMap(hostsIn), subsetsOf(rules));
  // Nobody can say what a cluster that cannot be reached knows, or still asks for.
  const used = unreachable.length > 0 ? former : without(former, without(former, elsewhere.flat()));
  const pending = await applyStage({ ...options, dryRun: true }, 'routes', () => routes);
  const rerouted = pending.some(({ action }) => action !== 'none');
  if (!rerouted && former.length === 0)
    return [...spaces, ...(await applyStage(options, 'services', () => rules))];
  const wide = (cluster: MeshCluster) => widened(rules, live[clusters.indexOf(cluster)] ?? []);
  const added = await applyStage({ ...options, prune: false }, 'services', wide);
  await waitUntilKnown({ ...options, subsets: subsetsOf(rules) });
  const strange = [...elsewhere, ...(rerouted ? unreachable.map(() => []) : [])];
  const unknown = strange.flatMap((known) => without(subsetsOf(rules), known));
  if (unknown.length > 0) noteWithheld(options, 'routes to', unknown);
  if (unknown.length > 0) return [...spaces, ...added];
  const routed = await applyStage(options, 'routes', () => routes);
  if (used.length > 0) noteWithheld(options, 'the removal of', used);
  if (used.length > 0) return [...spaces, ...added, ...routed];
  await waitUntilForgotten({ ...options, subsets: former });
  const narrowed = await applyStage(options, 'services', () => rules);
  return [...spaces, ...lasting(added, narrowed), ...routed];
}

const subsetsIn = (clusters: readonly MeshCluster[], options: EnsureServicesOptions) =>
  Promise.all(clusters.map((cluster) => subsetsThere(options, cluster)));

/** A gateway resets requests for a subset that it does not know. */
function noteWithheld(
  options: EnsureServicesOptions,
  what: 'routes to' | 'the removal of',
  subsets: readonly SubsetHost[],
): void {
  const { clusters, others = [], unreachable = [], reporter } = options;
  const named = without(subsets, []).map(({ host, subset }) => `${subset} of ${host}`);
  const names = (all: readonly MeshCluster[]) => all.map(({ spec }) => spec.name);
  const [these, those] = [names(clusters), [...names(others), ...unreachable]].map((all) => all.join(', '));
  const message = `${these}: ${what} ${named.join(', ')} waits until ${those} is changed as well: isthmus up of the whole mesh`;
  note(reporter, { level: 'warn', code: 'SERVICES_WITHHELD', message });
}

/** The same objects are applied twice; what the first apply did to one counts unless the second did more. */
function lasting(first: readonly ObjectChange[], second: readonly ObjectChange[]): ObjectChange[] {
  return second.map((change) => {
    if (change.action !== 'none') return change;
    const same = ({ cluster, object }: ObjectChange) =>
      cluster === change.cluster && object.kind === change.object.kind && sameName(object, change.object);
    return first.find(same) ?? change;
  });
}

const sameName = (a: ObjectChange['object'], b: ObjectChange['object']) =>
  a.namespace === b.namespace && a.name === b.name;

interface StageOptions extends EnsureServicesOptions {
  /** Whether what the stage no longer wants goes; so by default. */
  readonly prune?: boolean;
}

async function applyStage(
  { clusters, reporter, signal, dryRun, prune = true }: StageOptions,
  stage: 'services' | 'routes',
  objectsOf: (cluster: MeshCluster) => readonly KubeObject[],
): Promise<ObjectChange[]> {
  const changes = await allOf(
    clusters.map((cluster) =>
      applyAll({
        client: cluster.kube,
        objects: objectsOf(cluster).map(managed),
        inventory: inventoryOf(cluster.spec, stage),
        prune,
        dryRun,
        reporter,
        signal,
      }),
    ),
    { names: clusters.map(({ spec }) => spec.name), things: 'clusters' },
  );
  return changes.flat();
}

/** DestinationRules with subsets that isthmus made, as they are in a cluster. */
async function subsetsThere(
  { signal }: EnsureServicesOptions,
  { kube }: MeshCluster,
): Promise<DestinationRule[]> {
  const labelSelector = 'app.kubernetes.io/managed-by=isthmus';
  const rules = await kube.list<DestinationRule>('networking.istio.io/v1', 'DestinationRule', {
    labelSelector,
    signal,
  });
  return rules.filter(({ metadata, spec }) => metadata?.name?.startsWith('isthmus-') && spec?.subsets);
}

/** The wanted rules with those subsets besides that routes may still name. */
export function widened(wanted: readonly KubeObject[], live: readonly DestinationRule[]): KubeObject[] {
  return wanted.map((object) => {
    if (object.kind !== 'DestinationRule') return object;
    const rule = object as DestinationRule;
    const former = live.find(({ metadata }) => {
      const { namespace, name } = refOf(object);
      return metadata?.namespace === namespace && metadata?.name === name;
    });
    const names = new Set((rule.spec?.subsets ?? []).map(({ name }) => name));
    const kept = (former?.spec?.subsets ?? []).filter(({ name }) => !names.has(name));
    if (kept.length === 0) return object;
    return { ...rule, spec: { ...rule.spec, subsets: [...(rule.spec?.subsets ?? []), ...kept] } };
  });
}

const hostsIn = ({ spec }: DestinationRule): SubsetHost[] =>
  (spec?.subsets ?? []).map(({ name }) => ({ host: spec?.host ?? '', subset: name }));

const subsetsOf = (rules: readonly KubeObject[]): SubsetHost[] =>
  rules.filter(({ kind }) => kind === 'DestinationRule').flatMap((rule) => hostsIn(rule as DestinationRule));

/** Each once, without those that stay. */
function without(all: readonly SubsetHost[], staying: readonly SubsetHost[]): SubsetHost[] {
  const key = ({ host, subset }: SubsetHost) => `${subset}|${host}`;
  const kept = new Set(staying.map(key));
  return [...new Map(all.map((one) => [key(one), one])).values()].filter((one) => !kept.has(key(one)));
}
