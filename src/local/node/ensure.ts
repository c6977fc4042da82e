import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { allOf } from '../../process/index.ts';
import type { ProviderContext } from '../../provider/index.ts';
import { note, type Reporter, span } from '../../report/index.ts';
import { ensureToolchain, images, type Toolchain } from '../../toolchain/index.ts';
import type { LocalClusterSpec } from '../../topology/index.ts';
import { familiesOf, nodeAddressing } from '../addresses/addressing.ts';
import { ensureLimits } from '../host/cgroup-limits.ts';
import { cgroupLayout } from '../host/cgroups.ts';
import { writeIfChanged } from '../host/files.ts';
import { lockFile, withLock } from '../host/lock.ts';
import { isOverlay } from '../host/machine.ts';
import { ensureMeshNetwork, type MeshRecord, meshLock, readMeshRecord } from '../host/mesh-network.ts';
import { netnsIdentity } from '../host/namespace-processes.ts';
import { claimFolder, claimMeshFolder } from '../host/own-folder.ts';
import { type MeshPaths, meshPaths, type NodePaths, nodePaths } from '../host/paths.ts';
import { ensureCertificates } from './certificates.ts';
import { ensureFirstProcess } from './first-process.ts';
import { linkImages } from './image-store.ts';
import { importImages } from './images.ts';
import { adminKubeconfig } from './kubeconfigs.ts';
import { configFiles } from './node-config.ts';
import { ensureNodeNetwork, peer } from './node-network.ts';
import { nodeServices } from './node-processes.ts';
import {
  balancersOf,
  claimBlock,
  familyOf,
  nodeRecords,
  type ProxyKind,
  proxyOf,
  proxyOfRecord,
  readNodeRecord,
  recordFile,
  writeNodeRecord,
} from './node-record.ts';
import { type NodeSpec, readMachine } from './node-spec.ts';
import { ensureSystemObjects, waitForApi, waitForNode } from './readiness.ts';
import { killService, restartService, startService, stoppedServices, writeServices } from './supervision.ts';
import { isUpToDate } from './up-to-date.ts';

/** How this machine's local clusters differ from the usual ones; for rehearsals and tests. */
export interface LocalOptions {
  /** More flags for the cluster's API server, such as a webhook that authenticates tokens. */
  readonly extraApiServerArgs?: ((cluster: string) => readonly string[]) | undefined;
  /** Programs and images; the pinned ones of the toolchain by default. */
  readonly toolchain?:
    | ((context: ProviderContext, proxy: ProxyKind | undefined) => Promise<Toolchain>)
    | undefined;
}

export const nodeLock = (paths: NodePaths): string => lockFile(paths.mesh.root, paths.id);

/** Make one node what the file says, from whatever state it is in. True if anything had to be done. */
export async function ensureNode(
  context: ProviderContext,
  cluster: LocalClusterSpec,
  options: LocalOptions,
): Promise<boolean> {
  const paths = nodePaths(meshPaths(context.topology.name), cluster.name);
  const proxy = await proxyOf(paths.mesh, cluster);
  refuseChangedProxy(cluster, proxy);
  const toolchain = await (options.toolchain ?? runningToolchain)(context, proxy);
  const inputs = { paths, cluster, toolchain, options };
  return withLock(
    nodeLock(paths),
    async () => {
      const known = await knownPlan(inputs);
      if (known && (await isUpToDate(known, context.signal))) return false;
      await buildNode(context, inputs);
      return true;
    },
    { signal: context.signal },
  );
}

/** Without what only people run: a mesh that is proved earlier is worth more to them. */
const runningToolchain = (context: ProviderContext, proxy: ProxyKind | undefined) => {
  const { reporter, signal, topology } = context;
  return ensureToolchain({ reporter, signal, postpone: true, istio: { hub: topology.istio.hub, proxy } });
};

/** Get what {@link ensureNode} left out. */
export async function completeToolchain(
  { reporter, signal, topology }: ProviderContext,
  { toolchain }: LocalOptions,
): Promise<void> {
  if (toolchain) return;
  const [made] = await nodeRecords(meshPaths(topology.name));
  const istio = { hub: topology.istio.hub, proxy: made && proxyOfRecord(made) };
  await ensureToolchain({ reporter, signal, istio });
}

interface Inputs {
  readonly paths: NodePaths;
  readonly cluster: LocalClusterSpec;
  readonly toolchain: Toolchain;
  readonly options: LocalOptions;
}

/** The plan by what is on record, or undefined if the node has no addresses yet. */
async function knownPlan(inputs: Inputs): Promise<NodeSpec | undefined> {
  const [mesh, node] = await Promise.all([readMeshRecord(inputs.paths.mesh), readNodeRecord(inputs.paths)]);
  return mesh && node ? planOf(inputs, mesh, node.block) : undefined;
}

async function planOf(inputs: Inputs, mesh: MeshRecord, block: number): Promise<NodeSpec> {
  const { paths, cluster, toolchain, options } = inputs;
  return {
    paths,
    spec: cluster,
    at: nodeAddressing(mesh.subnet, block, cluster),
    toolchain,
    cgroups: await cgroupLayout(),
    machine: readMachine(await isOverlay(paths.mesh.root)),
    extraApiServerArgs: options.extraApiServerArgs?.(cluster.name) ?? [],
  };
}

async function buildNode(context: ProviderContext, inputs: Inputs): Promise<void> {
  const { reporter, signal } = context;
  const cluster = inputs.cluster.name;
  const since = new Date();
  const { plan, started } = await span(reporter, { title: 'node', cluster }, async (handle) => {
    const placed = await placeNode(inputs, signal);
    await linkImages(placed, handle, signal);
    const changed = await writeNode(placed);
    const startedNow = await ensureFirstProcess(placed, signal);
    if (!startedNow) {
      for (const name of changed) await restartService(placed.paths, name, signal);
      // Somebody may have stopped one for good, as a drill does.
      for (const name of await stoppedServices(placed.paths, nodeServices(placed)))
        await startService(placed.paths, name, signal);
    }
    return { plan: placed, started: startedNow };
  });
  const images = importImages(plan, reporter, signal);
  await allOf([images, startCluster(plan, { reporter, signal, since: started ? since : undefined })]);
  // A kubelet that starts gives its pods' group the limits of the whole machine.
  await ensureLimits(plan.cgroups, plan.paths.id);
}

interface Start {
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** When the node was started, if it was now. */
  readonly since: Date | undefined;
}

/** A supervisor sees a process that ends, not one that hangs: that is what silence for this long means. */
const hangMs = 20_000;

/** End an API server that runs and does not answer, so that its supervisor starts another. */
async function reviveApi(plan: NodeSpec, reporter: Reporter, signal: AbortSignal): Promise<void> {
  const { paths } = plan;
  try {
    await waitForApi(plan, signal, hangMs);
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'NODE_FAILED') throw error;
    const message = `the API server of ${paths.cluster} has not answered for ${hangMs / 1000} s; it is started again`;
    note(reporter, { level: 'warn', code: 'PROCESS_HUNG', message, cluster: paths.cluster });
    await killService(paths, 'kube-apiserver', signal);
  }
}

async function startCluster(plan: NodeSpec, { reporter, signal, since }: Start): Promise<void> {
  const cluster = plan.paths.cluster;
  await span(reporter, { title: 'API server', cluster }, async (handle) => {
    if (!since) await reviveApi(plan, handle, signal);
    await waitForApi(plan, signal);
  });
  await allOf([
    span(reporter, { title: 'DNS and system objects', cluster }, () =>
      ensureSystemObjects(plan, images.coredns, signal),
    ),
    span(reporter, { title: 'node ready', cluster }, () => waitForNode(plan, since ?? new Date(0), signal)),
  ]);
}

/** Addresses, network and the record, under the mesh's lock since clusters start in parallel. */
async function placeNode(inputs: Inputs, signal: AbortSignal): Promise<NodeSpec> {
  const { paths, cluster } = inputs;
  return withLock(
    meshLock(paths.mesh),
    async () => {
      await claimMeshFolder(paths.mesh);
      await claimFolder(paths.dir, recordFile);
      await refuseChangedFamily(paths, cluster);
      const mesh = await ensureMeshNetwork(paths.mesh, familiesOf(cluster), signal);
      const block = await claimBlock(paths.mesh, cluster);
      const plan = await planOf(inputs, mesh, block);
      const { at } = plan;
      const address = String(at.node);
      const pods = String(at.pods);
      const { name, network } = cluster;
      const balancers = balancersOf(cluster);
      const { proxy } = inputs.toolchain;
      await writeNodeRecord(paths, { cluster: name, block, network, pods, address, balancers, proxy });
      await ensureNodeNetwork(paths, at, signal);
      await peerAll(paths.mesh, signal);
      return plan;
    },
    { signal },
  );
}

/** What istiod sends suits one kind of proxy, and pods keep theirs until they end, so a cluster is of one for life. */
function refuseChangedProxy({ name, proxy }: LocalClusterSpec, has: ProxyKind | undefined): void {
  if (!has || !proxy || proxy === has) return;
  throw new IsthmusError('MESH_FILE_INVALID', `cluster ${name} has proxy ${has} and cannot get ${proxy}`, {
    hint: `set its proxy back, or make it anew: isthmus down ${name}, then isthmus up`,
  });
}

/** Every Service and pod keeps its address, so a cluster is of one family for life. */
async function refuseChangedFamily(paths: NodePaths, { name, ipFamily }: LocalClusterSpec): Promise<void> {
  const record = await readNodeRecord(paths);
  if (!record || familyOf(record) === ipFamily) return;
  throw new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${name} is ${familyOf(record)} and cannot become ${ipFamily}`,
    {
      hint: `set its ipFamily back, or make it anew: isthmus down ${name}, then isthmus up`,
    },
  );
}

/** A new cluster on a known network changes the routes of its neighbours as well. */
export async function peerAll(mesh: MeshPaths, signal: AbortSignal): Promise<void> {
  const records = await nodeRecords(mesh);
  for (const record of records) {
    const paths = nodePaths(mesh, record.cluster);
    if ((await netnsIdentity(paths.netnsPath)) !== undefined) await peer(paths, records, signal);
  }
}

/** Certificates, configuration and service folders; names of services that must start anew. */
async function writeNode(plan: NodeSpec): Promise<Set<string>> {
  const { paths, at } = plan;
  const services = nodeServices(plan);
  const newAuthority = await ensureCertificates(paths, at);
  await writeIfChanged(paths.adminKubeconfig, await adminKubeconfig(paths, at));
  const changed = new Set<string>();
  for (const { path, content, readBy } of configFiles(plan, images.pause))
    if (await writeIfChanged(path, content)) for (const name of readBy) changed.add(name);
  for (const name of await writeServices(paths, services)) changed.add(name);
  return newAuthority ? new Set(services.map(({ name }) => name)) : changed;
}
