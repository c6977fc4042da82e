import * as z from 'zod';
import { defaultKubernetes, supportedKubernetes } from '../versions.ts';
import { gateways } from './gateway-schema.ts';
import {
  cidr,
  complaint,
  dnsLabel,
  labelValue,
  nonEmpty,
  oneOf,
  sourceRange,
  text,
} from './scalar-schema.ts';

/** What CloudWatch Logs accepts; days. */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const provider = <const P extends 'local' | 'eks' | 'existing'>(name: P) =>
  z.literal(name).describe('How the cluster comes to be: `local`, `eks` or `existing`.');

const vpcCidr = cidr(z.string().meta({ examples: ['10.1.0.0/16'] })).describe(
  'Addresses of the cluster’s VPC, without host bits; must overlap no other cluster’s. For `eks` always IPv4, /16 to /28; for `local` of the family of `ipFamily` and at least /20 or /112.',
);

/** How clusters and networks that isthmus brings into being may be called, and those that exist. */
const ourNames = { name: dnsLabel(48), network: dnsLabel(63) };

/** An istiod that is there already has a name that nobody may change without its peers. */
const asFound =
  '; a mesh whose clusters have other names already is looked at without a file, by `isthmus doctor --context`';
const theirNames = { name: labelValue(asFound), network: labelValue(asFound) };

const common = ({ name, network }: typeof ourNames) => ({
  name: name
    .meta({ examples: ['eks-1'] })
    .describe('Name of the cluster: in Istio, in contexts, in every message.'),
  network: network
    .optional()
    .describe(
      'Network that its pods are in. Clusters of equal network reach each other’s pods directly, others through the east-west gateways. A network of its own, named like the cluster, if left out.',
    ),
  ipFamily: oneOf(['ipv4', 'ipv6']).default('ipv4').describe('Address family of pods and Services.'),
  gateways,
});

const adopt = z
  .boolean()
  .default(false)
  .describe(
    'Let isthmus take over an Istio that it did not make; `isthmus plan` shows the fields that it would take from others. Without it `up` refuses such a cluster.',
  );

const local = z
  .strictObject({
    provider: provider('local'),
    ...common(ourNames),
    cidr: vpcCidr,
    proxy: oneOf(['istio', 'vanilla'])
      .optional()
      .describe(
        '`istio`: Istio’s own images from `spec.istio.hub`, or an error. `vanilla`: an upstream Envoy without Istio’s filters. Left out, a new cluster takes what the mesh’s others have, or else `istio` where the hub can be reached; it keeps that as long as it lives.',
      ),
  })
  .describe('A real cluster on this Linux machine.');

const existing = z
  .strictObject({
    provider: provider('existing'),
    ...common(theirNames),
    cidr: vpcCidr.optional(),
    region: nonEmpty()
      .optional()
      .describe(
        'Value of its nodes’ label `topology.kubernetes.io/region`; only a failover among three or more clusters needs it.',
      ),
    kubeconfig: nonEmpty()
      .optional()
      .describe(
        'Path of a kubeconfig, relative to this file; `$KUBECONFIG` or `~/.kube/config` if left out.',
      ),
    context: nonEmpty()
      .meta({ examples: ['my-context'] })
      .describe('Context of that kubeconfig.'),
    apiServer: text(
      /^https:\/\/[^\s/]+\/?$/,
      'is not the address of an API server',
      'write https://host:port',
    )
      .optional()
      .describe(
        'Address of the API server as the other clusters’ istiods reach it, when it is not the kubeconfig’s.',
      ),
    istioNamespace: dnsLabel(63)
      .optional()
      .describe('Namespace in which its istiod is, or is to be, where that is not `istio-system`.'),
    cloud: oneOf(['aws', 'gke', 'aks'])
      .optional()
      .describe(
        'Whose load balancers it has, so that `exposure` can be done. Needed where its nodes are of one of these clouds.',
      ),
    adopt,
    proxy: oneOf(['istio', 'vanilla'])
      .default('istio')
      .describe(
        '`vanilla` where the proxy image’s Envoy lacks Istio’s own filters, as it may in local clusters.',
      ),
    size: oneOf(['production', 'small'])
      .default('production')
      .describe(
        '`small` asks for one replica of everything and little memory, for clusters that share a machine.',
      ),
  })
  .describe('A cluster that someone else made, reached by a kubeconfig context.');

const kubernetesVersion = z
  .string()
  .refine((value) => supportedKubernetes.includes(value), {
    error: complaint(
      'is not a supported Kubernetes version',
      `choose one of ${supportedKubernetes.join(', ')}`,
    ),
  })
  .default(defaultKubernetes)
  .describe(
    `Kubernetes minor version, quoted: ${supportedKubernetes.map((one) => `\`"${one}"\``).join(', ')}.`,
  );

const logRetentionDays = z
  .int(
    complaint('is not a retention that CloudWatch Logs knows', `choose one of ${retentionDays.join(', ')}`),
  )
  .refine((value) => retentionDays.includes(value), {
    error: complaint(
      'is not a retention that CloudWatch Logs knows',
      `choose one of ${retentionDays.join(', ')}`,
    ),
  })
  .default(30)
  .describe('Days that the control plane’s logs are kept; one of the values that CloudWatch Logs knows.');

const endpoint = z
  .strictObject({
    public: z.boolean().default(true).describe('Reachable from the internet.'),
    private: z.boolean().default(true).describe('Reachable from inside the VPC.'),
    publicCidrs: z
      .array(sourceRange())
      .prefault([])
      .describe(
        'Blocks that may reach the public endpoint, and `peers` for those that the other clusters’ istiods come from; empty means any.',
      ),
  })
  .prefault({})
  .describe('Access to the API server.');

const tags = z
  .record(
    z.string().max(128, complaint('is longer than 128 characters', 'shorten the tag’s key')),
    z.string().max(256, complaint('is longer than 256 characters', 'shorten the tag’s value')),
  )
  .default({})
  .describe('Tags on everything that is made, besides isthmus’s own.');

const eks = z
  .strictObject({
    provider: provider('eks'),
    ...common(ourNames),
    cidr: vpcCidr.optional(),
    region: text(
      /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/,
      'is not the name of an AWS region',
      'write it as AWS does, for instance eu-central-1',
    )
      .meta({ examples: ['eu-central-1'] })
      .describe('AWS region.'),
    account: text(/^\d{12}$/, 'is not an AWS account', 'write the twelve digits, quoted')
      .optional()
      .describe(
        'AWS account, twelve digits, quoted; the credentials’ own if left out. Another account is refused.',
      ),
    profile: nonEmpty()
      .optional()
      .describe('Profile of the AWS configuration; the environment’s if left out.'),
    zones: z
      .array(z.string())
      .optional()
      .describe(
        'Availability zones, at least two. If left out, three that EKS takes in this account; they are kept from then on.',
      ),
    natGateways: oneOf(['single', 'per-zone'])
      .default('single')
      .describe('One NAT gateway, or one for each zone (dearer; survives the loss of a zone).'),
    kubernetesVersion,
    upgradePolicy: oneOf(['STANDARD', 'EXTENDED'])
      .default('STANDARD')
      .describe(
        'What EKS does when standard support of the version ends: upgrade the cluster, or keep it at six times the price.',
      ),
    cloudFormationRole: text(
      /^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/,
      'is not the ARN of a role',
      'write arn:aws:iam::ACCOUNT:role/NAME',
    )
      .optional()
      .describe(
        'Role that CloudFormation works with instead of the deployer’s own rights. The deployer must then be in `adminPrincipals`.',
      ),
    permissionsBoundary: text(
      /^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/\S+$/,
      'is not the ARN of a policy',
      'write arn:aws:iam::ACCOUNT:policy/NAME',
    )
      .optional()
      .describe('Policy that becomes the permissions boundary of every role that is made.'),
    vpcId: text(/^vpc-[0-9a-f]{8,17}$/, 'is not the id of a VPC', 'write vpc- and its digits')
      .optional()
      .describe('An existing VPC to use instead of a new one; `cidr` may then be left out.'),
    subnetIds: z
      .array(text(/^subnet-[0-9a-f]{8,17}$/, 'is not the id of a subnet', 'write subnet- and its digits'))
      .default([])
      .describe(
        'Private subnets of that VPC for control plane, nodes and Pods, in at least two zones. Left out, those tagged for internal load balancers, else those with a default route to a NAT or transit gateway or another way out that is not the internet’s gateway.',
      ),
    endpoint,
    adminPrincipals: z
      .array(
        text(
          /^arn:aws[a-z-]*:iam::\d{12}:(role|user)\/\S+$/,
          'is not the ARN of a role or user',
          'write arn:aws:iam::ACCOUNT:role/NAME',
        ),
      )
      .default([])
      .describe('ARNs of roles and users that become cluster administrators, besides the deployer.'),
    logRetentionDays,
    terminationProtection: z
      .boolean()
      .default(false)
      .describe('Refuse to delete the cluster’s stack until this is false again.'),
    tags,
  })
  .describe('A cluster on Amazon EKS Auto Mode in a VPC of its own.');

/** One entry of `spec.clusters`. */
export const clusterSchema = z.discriminatedUnion('provider', [local, eks, existing]);

/** A cluster as the file has it, defaults filled in. */
export type FileCluster = z.output<typeof clusterSchema>;
