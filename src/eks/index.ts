import type { EksClusterSpec, Topology } from '../topology/index.ts';
import type { Template } from './template/assembly.ts';

export type { AwsTarget, CredentialSource, PolicyDocument, PolicyStatement } from '../aws/index.ts';
export { meshTag, stackName } from './names.ts';
export { type ClusterCost, type CostItem, type MeshCost, monthlyCost } from './plan/cost.ts';
export { requiredPermissions, serviceRolePermissions, signsItself } from './plan/permissions.ts';
export { eksProvider } from './provider.ts';
export type { EksProviderOptions } from './provider-options.ts';
export { type ExecEntry, type ExecEntryOptions, execEntry } from './sign-in/exec-entry.ts';
export { type EksToken, type EksTokenOptions, eksToken, execCredential } from './sign-in/token.ts';
export type { Template };

/** One cluster's CloudFormation template; needs no credentials and no network. */
export async function synthesise(
  topology: Pick<Topology, 'name'>,
  cluster: EksClusterSpec,
): Promise<Template> {
  const { withAssembly } = await import('./template/assembly.ts');
  return withAssembly(topology, cluster, async (_, template) => template);
}
