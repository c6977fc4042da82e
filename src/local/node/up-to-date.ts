import { isIsthmusError } from '../../errors/index.ts';
import { NotReady } from '../../process/index.ts';
import { images } from '../../toolchain/index.ts';
import { limitsHold } from '../host/cgroup-limits.ts';
import { readIfThere } from '../host/files.ts';
import { hostLinks, hostTables } from '../host/kernel.ts';
import { ensureCertificates } from './certificates.ts';
import { firstProcess } from './first-process.ts';
import { missingImages } from './image-record.ts';
import { configFiles } from './node-config.ts';
import { nodeServices } from './node-processes.ts';
import { balancersOf, proxyOfRecord, readNodeRecord } from './node-record.ts';
import type { NodeSpec } from './node-spec.ts';
import { nodeApi, whyNodeIsNotReady } from './readiness.ts';
import { servicesMatch, stoppedServices } from './supervision.ts';

/** Does the node run exactly as planned? Looks only; milliseconds. */
export async function isUpToDate(plan: NodeSpec, signal: AbortSignal): Promise<boolean> {
  if (!(await firstProcess(plan.paths))) return false;
  const looks = [recordMatches, filesMatch, servicesRun, limitsAreSet, imagesAreIn, hostIsMade, isServing];
  const answers = await Promise.all(looks.map((look) => look(plan, signal)));
  return answers.every(Boolean);
}

async function recordMatches({ paths, spec, at, toolchain }: NodeSpec): Promise<boolean> {
  const record = await readNodeRecord(paths);
  const wanted = {
    network: spec.network,
    pods: String(at.pods),
    address: String(at.node),
    balancers: balancersOf(spec),
  };
  if (record && proxyOfRecord(record) !== toolchain.proxy) return false;
  return Object.entries(wanted).every(([key, value]) => record?.[key as keyof typeof wanted] === value);
}

async function filesMatch(plan: NodeSpec): Promise<boolean> {
  const files = configFiles(plan, images.pause);
  const contents = await Promise.all(files.map(({ path }) => readIfThere(path)));
  return files.every(({ content }, at) => contents[at] === content);
}

async function servicesRun(plan: NodeSpec): Promise<boolean> {
  const services = nodeServices(plan);
  const [match, stopped] = await Promise.all([
    servicesMatch(plan.paths, services),
    stoppedServices(plan.paths, services),
  ]);
  return match && stopped.length === 0;
}

const limitsAreSet = ({ cgroups, paths }: NodeSpec): Promise<boolean> => limitsHold(cgroups, paths.id);

async function imagesAreIn(plan: NodeSpec): Promise<boolean> {
  const { archives, aliases } = await missingImages(plan);
  return archives.length + aliases.length === 0;
}

async function hostIsMade({ paths }: NodeSpec, signal: AbortSignal): Promise<boolean> {
  const [links, tables] = await Promise.all([hostLinks({ signal }), hostTables({ signal })]);
  return (
    links.includes(paths.mesh.bridge) &&
    links.includes(paths.veth) &&
    tables.includes(`inet ${paths.mesh.table}`)
  );
}

/** Renews certificates in passing, as a node may run for longer than they live. */
async function isServing({ paths, at }: NodeSpec, signal: AbortSignal): Promise<boolean> {
  await ensureCertificates(paths, at);
  const api = await nodeApi(paths);
  if (!api) return false;
  try {
    const dns = await api.get('/apis/apps/v1/namespaces/kube-system/deployments/coredns', signal);
    return dns !== undefined && (await whyNodeIsNotReady(api, { name: paths.cluster, signal })) === undefined;
  } catch (error) {
    if (signal.aborted) throw error;
    if (isIsthmusError(error) || error instanceof NotReady) return false;
    throw error;
  } finally {
    api.close();
  }
}
