import { type App, CfnOutput, Fn, Stack, Tags } from 'aws-cdk-lib/core';
import type { EksClusterSpec } from '../../topology/index.ts';
import { stackName, tagsOf } from '../names.ts';
import { autoModeCluster } from './cluster.ts';
import { networkFor } from './network.ts';
import { plainSynthesizer } from './synthesizer.ts';

/** One cluster's whole infrastructure. Only L1 constructs: no asset, no custom resource, so no bootstrap. */
export function clusterStack(app: App, mesh: string, spec: EksClusterSpec): Stack {
  const name = stackName(mesh, spec.name);
  const stack = new Stack(app, name, {
    stackName: name,
    description: `Cluster ${spec.name} of mesh ${mesh}, made by isthmus`,
    env: { region: spec.region, ...(spec.account ? { account: spec.account } : {}) },
    synthesizer: plainSynthesizer(),
    terminationProtection: spec.terminationProtection,
    analyticsReporting: false,
  });
  const network = networkFor(stack, spec);
  const cluster = autoModeCluster(stack, spec, { name, network });
  for (const [key, value] of Object.entries(tagsOf(mesh, spec))) Tags.of(stack).add(key, value);
  const outputs = {
    ClusterName: cluster.ref,
    ClusterArn: cluster.attrArn,
    Endpoint: cluster.attrEndpoint,
    CertificateAuthorityData: cluster.attrCertificateAuthorityData,
    ClusterSecurityGroupId: cluster.attrClusterSecurityGroupId,
    VpcId: network.vpcId,
    PrivateSubnetIds: Fn.join(',', network.privateSubnetIds),
  };
  for (const [id, value] of Object.entries(outputs)) new CfnOutput(stack, id, { value });
  return stack;
}
