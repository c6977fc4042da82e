import type { z } from 'zod';
import { IsthmusError } from '../../errors/index.ts';
import { addressFaults } from '../rules/address-rules.ts';
import { eksFaults } from '../rules/eks-rules.ts';
import { type Fault, pathText } from '../rules/fault.ts';
import { identityFaults } from '../rules/identity-rules.ts';
import type { IndexedCluster } from '../rules/indexed-cluster.ts';
import { istioFaults } from '../rules/istio-rules.ts';
import { networkFaults } from '../rules/network-rules.ts';
import { serviceFaults } from '../rules/service-rules.ts';
import { sourceRangeFaults } from '../rules/source-range-rules.ts';
import { trustFaults } from '../rules/trust-rules.ts';
import { clusterSchema, type FileCluster } from '../schema/cluster-schema.ts';
import { childOf } from '../schema/json-schema.ts';
import { type MeshFile, meshSchema } from '../schema/mesh-schema.ts';
import { topologyOf } from '../topology-of.ts';
import type { Topology } from '../types.ts';
import { type MeshDocument, readDocument } from './mesh-document.ts';
import { shapeFaults } from './shape-faults.ts';

/**
 * Read a mesh file's text. Throws MESH_FILE_SYNTAX if it is not YAML, and MESH_FILE_INVALID with every
 * problem in the order of the file if it describes something that cannot work.
 */
export function parseTopology(text: string, fileName: string): Topology {
  const document = readDocument(text, fileName);
  if (document.data === null || document.data === undefined) throw emptyFile(fileName);
  const parsed = meshSchema.safeParse(document.data);
  const faults = parsed.success
    ? [
        ...meaningFaults(allPlaced(parsed.data)),
        ...istioFaults(parsed.data.spec),
        ...trustFaults(parsed.data.spec.trust),
        ...serviceFaults(parsed.data.spec),
      ]
    : faultsOfMalformed(document, parsed.error.issues);
  if (faults.length > 0 || !parsed.success) throw invalidFile(fileName, document, faults);
  return topologyOf(parsed.data, fileName);
}

function meaningFaults(clusters: readonly IndexedCluster[]): Fault[] {
  const rules = [identityFaults, addressFaults, sourceRangeFaults, networkFaults, eksFaults];
  return rules.flatMap((faultsIn) => faultsIn(clusters));
}

const allPlaced = (mesh: MeshFile): IndexedCluster[] =>
  mesh.spec.clusters.map((spec, index) => ({ index, spec }));

/** What is malformed, and what is wrong in the relations of the entries that can still be understood. */
function faultsOfMalformed(document: MeshDocument, issues: readonly z.core.$ZodIssue[]): Fault[] {
  const shape = shapeFaults(issues, document);
  const said = new Set(shape.map((fault) => pathText(fault.path)));
  const more = meaningFaults(understood(document.data)).filter((fault) => !said.has(pathText(fault.path)));
  return [...shape, ...more];
}

function understood(data: unknown): IndexedCluster[] {
  const entries = childOf(childOf(data, 'spec'), 'clusters');
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry, index) => {
    const spec = withoutMalformedKeys(entry);
    return spec ? [{ index, spec }] : [];
  });
}

/** An entry without the optional keys that are wrong; undefined if it needs what is wrong. */
function withoutMalformedKeys(entry: unknown): FileCluster | undefined {
  const parsed = clusterSchema.safeParse(entry);
  if (parsed.success) return parsed.data;
  const wrong = new Set(
    parsed.error.issues.flatMap((issue) =>
      issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [String(issue.path[0])],
    ),
  );
  // Without its VPC an entry would be blamed for a missing CIDR.
  if (typeof entry !== 'object' || entry === null || wrong.has('vpcId')) return undefined;
  return clusterSchema.safeParse(Object.fromEntries(Object.entries(entry).filter(([key]) => !wrong.has(key))))
    .data;
}

function invalidFile(file: string, document: MeshDocument, faults: readonly Fault[]): IsthmusError {
  const problems = faults
    .map(({ path, at, message, hint }) => ({ message, hint, where: document.locate(path, at) }))
    .sort((a, b) => order(a.where) - order(b.where));
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new IsthmusError('MESH_FILE_INVALID', `${file} has ${count}`, { where: { file }, problems });
}

const order = ({ line = 0, column = 0 }: { line?: number | undefined; column?: number | undefined }) =>
  line * 1e4 + Math.min(column, 9999);

const emptyFile = (file: string) =>
  new IsthmusError('MESH_FILE_INVALID', `${file} is empty`, {
    where: { file },
    hint: 'write one with isthmus init, or remove the file to get two local clusters',
  });
