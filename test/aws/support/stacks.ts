import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { withAssembly } from '../../../src/eks/template/assembly.ts';
import { NotReady, waitUntil } from '../../../src/process/index.ts';
import { type EksClusterSpec, parseTopology, type Topology } from '../../../src/topology/index.ts';
import type { EmulatedUser, Emulator } from '../emulator/emulator.ts';

export const region = 'eu-central-1';

/** Lines that a cluster's entry has beside the usual ones; `all` are for every cluster. */
export type MoreLines = Readonly<Record<string, readonly string[]>>;

/** A mesh file of EKS clusters by their names, the first in one region and the others in another. */
export function meshText(name: string, clusters: readonly string[], more: MoreLines = {}): string {
  const entries = clusters.flatMap((cluster, at) => [
    `    - name: ${cluster}`,
    '      provider: eks',
    `      region: ${at === 0 ? region : 'eu-west-1'}`,
    `      network: net-${cluster}`,
    `      cidr: 10.${at + 1}.0.0/16`,
    // The peers' addresses are the emulator's NAT addresses; what really comes is the local nodes' of the same name.
    '      gateways: {eastWest: {sourceRanges: [peers, 100.64.0.0/10]}}',
    '      endpoint: {public: true, private: true, publicCidrs: [203.0.113.0/24, peers]}',
    ...[...(more['all'] ?? []), ...(more[cluster] ?? [])].map((line) => `      ${line}`),
  ]);
  const head = [
    'apiVersion: isthmus/v1alpha1',
    'kind: Mesh',
    `metadata: {name: ${name}}`,
    'spec:',
    '  clusters:',
  ];
  return [...head, ...entries, ''].join('\n');
}

/** The same as isthmus reads it. */
export function meshOf(name: string, clusters: readonly string[], extra: readonly string[] = []): Topology {
  return parseTopology(meshText(name, clusters, { all: extra }), 'mesh.yaml');
}

/** The stack of one cluster of a mesh as a template's text. */
export function templateOf(topology: Topology): Promise<string> {
  const spec = topology.clusters[0] as EksClusterSpec;
  return withAssembly(topology, spec, async (_, template) => JSON.stringify(template));
}

/** CloudFormation by hand, to see the emulator itself. */
export class Stacks {
  readonly client: CloudFormationClient;

  constructor(emulator: Emulator, user: EmulatedUser, where = region) {
    const place = { endpoint: emulator.url, region: where };
    this.client = new CloudFormationClient({ ...place, credentials: user });
  }

  async deploy(name: string, template: string, kind: 'CREATE' | 'UPDATE'): Promise<string | undefined> {
    const made = await this.client.send(
      new CreateChangeSetCommand({
        StackName: name,
        ChangeSetName: `set-${Date.now()}`,
        ChangeSetType: kind,
        TemplateBody: template,
        Parameters: JSON.parse(template).Parameters?.PublicAccessCidrs && [
          { ParameterKey: 'PublicAccessCidrs', ParameterValue: '203.0.113.0/24' },
        ],
      }),
    );
    const of = { ChangeSetName: made.Id as string, StackName: name };
    const described = await this.client.send(new DescribeChangeSetCommand(of));
    if (described.Status === 'FAILED') return described.StatusReason;
    await this.client.send(new ExecuteChangeSetCommand(of));
    return undefined;
  }

  async settled(nameOrId: string): Promise<Stack> {
    return waitUntil({ what: `stack ${nameOrId}`, timeoutMs: 60_000 }, async () => {
      const { Stacks: [stack] = [] } = await this.client.send(
        new DescribeStacksCommand({ StackName: nameOrId }),
      );
      if (!stack || stack.StackStatus?.endsWith('_IN_PROGRESS'))
        throw new NotReady(stack?.StackStatus ?? 'absent');
      return stack;
    });
  }

  /** Its status now; `absent` without a stack. */
  async status(name: string): Promise<string> {
    const looking = this.client.send(new DescribeStacksCommand({ StackName: name }));
    const { Stacks: [stack] = [] } = await looking.catch(() => ({ Stacks: [] }));
    return stack?.StackStatus ?? 'absent';
  }

  /** `LogicalId STATUS reason`, oldest first. */
  async events(nameOrId: string): Promise<string[]> {
    const { StackEvents = [] } = await this.client.send(
      new DescribeStackEventsCommand({ StackName: nameOrId }),
    );
    return StackEvents.reverse().map((one) =>
      [one.LogicalResourceId, one.ResourceStatus, one.ResourceStatusReason].filter(Boolean).join(' '),
    );
  }

  async delete(name: string): Promise<Stack> {
    const { StackId = name } = await this.settled(name);
    await this.client.send(new DeleteStackCommand({ StackName: name }));
    return this.settled(StackId);
  }
}
