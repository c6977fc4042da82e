import { applyAll, type ObjectChange, waitForDeployments } from '../../kubernetes/index.ts';
import { span } from '../../report/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { INGRESS_NAMESPACE, SAMPLE_NAMESPACE } from '../names.ts';
import { clusterLocalHosts } from '../services/shared-hosts.ts';
import type { EnsureOptions } from '../trust/cacerts.ts';
import { isAutomatic } from './automatic-objects.ts';
import { recreateUninjected, waitForInjection } from './injection.ts';
import { inventoryOf } from './inventories.ts';
import { waitForClusterLocal } from './mesh-config-takeover.ts';
import { type Stage, stageObjects } from './mesh-objects.ts';

/**
 * CRDs, namespaces and istiod, as Istio's charts make them. Resolves when istiod is available and its
 * injection webhook really injects.
 */
export async function ensureControlPlane(options: EnsureOptions): Promise<ObjectChange[]> {
  return stage(options, 'istiod', async () => {
    const foundation = await apply(options, 'foundation');
    const changes = [...foundation, ...(await apply(options, 'control-plane'))];
    if (options.dryRun) return changes;
    await deployments(options, istioNamespaceOf(options.cluster.spec), ['istiod']);
    await waitForInjection(options.cluster, options.signal);
    await takeOverMeshConfig(options, changes);
    return changes;
  });
}

/** Where a residency is wanted or was, nothing may be told that relies on it before istiod acts on it. */
async function takeOverMeshConfig(
  { topology, cluster, signal }: EnsureOptions,
  changes: readonly ObjectChange[],
): Promise<void> {
  const hosts = clusterLocalHosts(topology);
  const changed = changes.some(
    ({ object, action }) => object.kind === 'ConfigMap' && object.name === 'istio' && action === 'update',
  );
  if (hosts.length > 0 || changed) await waitForClusterLocal(cluster, hosts, signal);
}

/** Both gateways and the Gateway between networks. Resolves when both are available. */
export async function ensureGateways(options: EnsureOptions): Promise<ObjectChange[]> {
  return stage(options, 'gateways', async () => {
    const changes = await apply(options, 'gateways');
    if (!options.dryRun) await deployments(options, INGRESS_NAMESPACE, namesOfDeployments(changes));
    return changes;
  });
}

/**
 * The samples, or their removal when the file does not want them. Resolves when every pod has its
 * proxy and is available.
 */
export async function ensureSamples(options: EnsureOptions): Promise<ObjectChange[]> {
  return stage(options, 'samples', async () => {
    const changes = await apply(options, 'samples');
    if (options.dryRun || !options.topology.samples) return changes;
    await recreateUninjected(options.cluster, SAMPLE_NAMESPACE, options);
    await deployments(options, SAMPLE_NAMESPACE, namesOfDeployments(changes));
    return changes;
  });
}

async function stage(
  { cluster, reporter }: EnsureOptions,
  title: string,
  work: () => Promise<ObjectChange[]>,
): Promise<ObjectChange[]> {
  return span(reporter, { title, cluster: cluster.spec.name }, async (handle) => {
    const changes = await work();
    if (changes.every(({ action }) => action === 'none')) handle.ends('unchanged');
    return changes;
  });
}

async function apply(options: EnsureOptions, name: Stage): Promise<ObjectChange[]> {
  const { topology, cluster, reporter, signal, dryRun } = options;
  const { spec, capabilities, kube } = cluster;
  const objects = await stageObjects(name, { topology, spec, capabilities, reporter, signal });
  return applyAll({
    client: kube,
    objects,
    inventory: inventoryOf(spec, name),
    prune: true,
    isAutomatic,
    dryRun,
    reporter,
    signal,
  });
}

const namesOfDeployments = (changes: readonly ObjectChange[]) =>
  changes
    .filter(({ object, action }) => object.kind === 'Deployment' && action !== 'remove')
    .map(({ object }) => object.name);

async function deployments(
  options: EnsureOptions,
  namespace: string,
  names: readonly string[],
): Promise<void> {
  const { cluster, reporter, signal } = options;
  const wanted = names.map((name) => ({ namespace, name }));
  const { timeouts, loadBalancers } = cluster.capabilities;
  const { ingress, eastWest } = loadBalancers;
  // A gate keeps gateways from being Ready until the load balancer, made meanwhile, sends to them.
  const gated = namespace === INGRESS_NAMESPACE && (ingress.readinessGate ?? eastWest.readinessGate);
  const timeoutMs = timeouts.workloadsMs + (gated ? timeouts.loadBalancersMs : 0);
  await waitForDeployments(cluster.kube, wanted, { timeoutMs, reporter, signal });
}
