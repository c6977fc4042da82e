import type { Call } from '../../fakes/iam.ts';
import type { RecordedCall } from '../emulator/emulator.ts';

/** The emulator's only account. */
const account = '123456789012';

/** Kinds of EC2's resources by how their ids begin. */
const ec2Kinds: Readonly<Record<string, string>> = {
  acl: 'network-acl',
  eigw: 'egress-only-internet-gateway',
  eipalloc: 'elastic-ip',
  eni: 'network-interface',
  igw: 'internet-gateway',
  nat: 'natgateway',
  rtb: 'route-table',
  sg: 'security-group',
  subnet: 'subnet',
  vpc: 'vpc',
};

/** Actions of EKS that are about a part of a cluster which exists; all others are about the cluster. */
const eksParts: Readonly<Record<string, 'access-entry' | 'addon'>> = {
  AssociateAccessPolicy: 'access-entry',
  DeleteAccessEntry: 'access-entry',
  DeleteAddon: 'addon',
  DescribeAccessEntry: 'access-entry',
  DescribeAddon: 'addon',
  DisassociateAccessPolicy: 'access-entry',
  ListAssociatedAccessPolicies: 'access-entry',
  UpdateAccessEntry: 'access-entry',
  UpdateAddon: 'addon',
};

/** How one service's call names what it is about; every one of them has to be allowed. */
type Asked = Omit<Call, 'action'> & { readonly action?: string };
type Reader = (call: RecordedCall, operation: string) => Asked[];

/**
 * A recorded call as IAM is asked about it: each resource that the Service Authorization Reference has for the
 * action, with the condition keys that AWS fills in. One that CloudFormation made is called via it.
 */
export function judgedCalls(call: RecordedCall): Call[] {
  const [service = '', operation = ''] = call.action.split(':');
  const reader = readers[service];
  if (!reader) throw new Error(`nobody knows what ${call.action} is about`);
  const via = call.by === 'cloudformation' ? { 'aws:CalledVia': ['cloudformation.amazonaws.com'] } : {};
  const asked = reader(call, operation);
  if (asked.length === 0) throw new Error(`nobody knows what this ${call.action} was about`);
  return asked.map(({ action = call.action, resource, context }) => ({
    action,
    resource,
    context: { ...via, ...context },
  }));
}

const arn = (service: string, region: string, resource: string) =>
  `arn:aws:${service}:${region}:${account}:${resource}`;
const asArn = (text: string, otherwise: string) => (text.startsWith('arn:') ? text : otherwise);
/** Looks that have no resource in IAM. */
const anything: Reader = () => [{ resource: '*' }];
const resourceTags = (tags: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value]));

const readers: Readonly<Record<string, Reader>> = {
  cloudformation({ parameters, region }, operation) {
    if (/^(DescribeStackDriftDetectionStatus|DescribeStackResources|DescribeStacks)$/.test(operation))
      return [{ resource: '*' }];
    const stack = parameters['StackName'] ?? '';
    return [{ resource: asArn(stack, arn('cloudformation', region, `stack/${stack}/1`)) }];
  },

  eks({ parameters, region }, operation) {
    const tagged = parameters['resourceArn'];
    if (tagged !== undefined) return [{ resource: tagged }];
    const named = parameters['clusterName'] ?? parameters['name'] ?? '';
    const part = eksParts[operation];
    const cluster = { resource: arn('eks', region, `cluster/${named}`) };
    if (part) return [{ resource: arn('eks', region, `${part}/${named}/one/1`) }];
    if (operation !== 'CreateCluster') return [cluster];
    const roles = [parameters['roleArn'], parameters['computeConfig.nodeRoleArn']].filter(
      (role) => role !== undefined,
    );
    return [cluster, ...roles.map((resource) => passedTo('eks.amazonaws.com', resource))];
  },

  iam({ parameters }) {
    const policy = parameters['PolicyArn'];
    const context = policy === undefined ? {} : { 'iam:PolicyARN': policy };
    return [{ resource: `arn:aws:iam::${account}:role/${parameters['RoleName'] ?? ''}`, context }];
  },

  kms({ parameters, tags, region }, operation) {
    const given = Object.entries(parameters).flatMap(([path, key]) => {
      const value = parameters[path.replace(/TagKey$/, 'TagValue')];
      return path.endsWith('.TagKey') && value !== undefined ? [[`aws:RequestTag/${key}`, value]] : [];
    });
    const context = Object.fromEntries(given) as Record<string, string>;
    if (operation === 'CreateKey')
      return [
        { resource: '*', context },
        { resource: arn('kms', region, 'key/new'), context, action: 'kms:TagResource' },
      ];
    const [id = '', own = {}] = Object.entries(tags)[0] ?? [];
    return [{ resource: arn('kms', region, `key/${id}`), context: { ...context, ...resourceTags(own) } }];
  },

  logs({ parameters, region }, operation) {
    if (operation === 'DescribeLogGroups') return [{ resource: '*' }];
    const group = parameters['logGroupName'] ?? parameters['resourceArn'] ?? '';
    return [{ resource: asArn(group, arn('logs', region, `log-group:${group}`)) }];
  },

  ec2(call, operation) {
    if (operation.startsWith('Describe')) return [{ resource: '*' }];
    const { tags, region, parameters } = call;
    const known = Object.entries(tags).map(([id, own]) => ({
      resource: arn('ec2', region, `${ec2Kinds[id.split('-')[0] ?? ''] ?? 'unknown'}/${id}`),
      context: resourceTags(own),
    }));
    const isTagged = Object.keys(parameters).some((name) => name.startsWith('TagSpecification'));
    const made = { resource: arn('ec2', region, 'any/new') };
    return [...known, ...(isTagged ? [made, { ...made, action: 'ec2:CreateTags' }] : [])];
  },

  elasticloadbalancing: anything,
  sts: anything,
  tag: anything,
};

const passedTo = (service: string, resource: string): Asked => ({
  action: 'iam:PassRole',
  resource,
  context: { 'iam:PassedToService': service },
});
