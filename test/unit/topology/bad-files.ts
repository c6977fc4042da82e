/** Wrong mesh files by what is wrong with them. `spec:` bodies get the usual head of four lines before them. */
export const head = `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: demo}
spec:
`;

const cluster = (rest: string) => `${head}  clusters:
    - {name: a, provider: local, cidr: 10.1.0.0/16}
    - {name: b, ${rest}}
`;

const eks = (rest: string) => cluster(`provider: eks, region: eu-central-1, cidr: 10.2.0.0/16, ${rest}`);

const withClusters = (
  body: string,
) => `${head}${body}  clusters: [{name: a, provider: local, cidr: 10.1.0.0/16}]
`;

export const badFiles: Readonly<Record<string, string>> = {
  'an empty file': '',
  'only a comment': '# nothing yet\n',
  'a list': '- a\n- b\n',
  'plain text': 'hello\n',
  'a broken quote': `${head}  meshID: "mesh1\n`,
  'an open bracket': `${head}  clusters: [{name: a}\n`,
  'a tab': `${head}\tmeshID: mesh1\n`,
  'a key that is there twice': `${head}  meshID: a\n  meshID: b\n`,
  'two documents': `${head}  samples: true\n---\n${head}`,
  'an unknown anchor': `${head}  clusters: *all\n`,
  'an unknown tag': `${head}  clusters: !all []\n`,
  'no spec': 'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\n',
  'an empty spec': head,
  'another version and kind':
    'apiVersion: isthmus/v1\nkind: Mash\nmetadata: {name: demo}\nspec: {clusters: []}\n',
  'no clusters': `${head}  samples: false\n`,
  'clusters as a map': `${head}  clusters: {a: local}\n`,
  'clusters without an entry': `${head}  clusters:\n`,
  'an entry that is no map': `${head}  clusters: [eks-1]\n`,
  'a mesh name that is no label':
    'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: My Mesh}\nspec: {clusters: [{name: a, provider: local, cidr: 10.1.0.0/16}]}\n',
  'a name that is too long': cluster(`provider: local, cidr: 10.2.0.0/16, network: ${'n'.repeat(64)}`),
  'an unquoted version': withClusters('  istio: {version: 1.30}\n'),
  'an unsupported version': withClusters('  istio: {version: "1.29"}\n'),
  'a patch version': withClusters('  istio: {version: 1.31.2}\n'),
  'a misspelt key': withClusters('  trustDomian: example.org\n'),
  'a key of the spec in a cluster': cluster('provider: local, cidr: 10.2.0.0/16, trustDomain: b.example'),
  'a key of another provider': cluster(
    'provider: local, cidr: 10.2.0.0/16, region: eu-central-1, context: b',
  ),
  'a prototype key': withClusters('  __proto__: {samples: true}\n'),
  'a wrong trust domain': withClusters('  trustDomain: Example.ORG\n'),
  'a wrong mesh id': withClusters('  meshID: "mesh 1"\n'),
  'text for a switch': withClusters('  samples: "yes"\n'),
  'numbers out of range': withClusters('  istio: {replicas: 0, remoteSecretDays: 1.5}\n'),
  'a CA that outlives its root': withClusters('  trust: {rootYears: 1, intermediateDays: 400}\n'),
  'a root without its key': withClusters('  trust: {root: {certificate: root.pem}}\n'),
  'two signers of one root': withClusters(
    '  trust: {root: {key: root.key, certificate: root.pem, kms: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}}\n',
  ),
  'an alias for a KMS key': withClusters(
    '  trust: {root: {kms: "arn:aws:kms:eu-central-1:111122223333:alias/mesh"}}\n',
  ),
  'a private CA that is none': withClusters('  trust: {root: {privateCa: my-ca}}\n'),
  'a certificate beside a private CA': withClusters(
    '  trust: {root: {privateCa: "arn:aws:acm-pca:eu-central-1:111122223333:certificate-authority/1234abcd-12ab-34cd-56ef-1234567890ab", certificate: root.pem}}\n',
  ),
  'a CA that outlives the root of its KMS key': withClusters(
    '  trust: {rootYears: 1, intermediateDays: 400, root: {kms: "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}}\n',
  ),
  'an unknown algorithm': withClusters('  trust: {algorithm: ecdsa-p265}\n'),
  'no provider': cluster('cidr: 10.2.0.0/16'),
  'a misspelt provider': cluster('provider: lokal, cidr: 10.2.0.0/16'),
  'no cidr': cluster('provider: local'),
  'no CIDR at all': cluster('provider: local, cidr: 10.2.0.0'),
  'a prefix that is too long': cluster('provider: local, cidr: 10.2.0.0/33'),
  'a CIDR with host bits': cluster('provider: local, cidr: 10.2.3.4/16'),
  'an IPv6 CIDR with host bits': cluster('provider: local, ipFamily: ipv6, cidr: "fd00::1/64"'),
  'a shortened address': cluster('provider: local, cidr: 10.2/16'),
  'an octal address': cluster('provider: local, cidr: 010.2.0.0/16'),
  'a local CIDR that is too small': cluster('provider: local, cidr: 10.2.0.0/21'),
  'a CIDR of the other family': cluster('provider: local, cidr: "fd00::/64"'),
  'an IPv6 cluster with an IPv4 CIDR': cluster('provider: local, ipFamily: ipv6, cidr: 10.2.0.0/16'),
  'two families in one network': cluster('provider: local, network: a, ipFamily: ipv6, cidr: "fd00::/64"'),
  'an overlap with another cluster': cluster('provider: local, cidr: 10.1.128.0/17'),
  'an overlap across providers': cluster('provider: existing, context: b, cidr: 10.0.0.0/8'),
  'an overlap with the Services': cluster('provider: local, cidr: 172.16.0.0/12'),
  'an overlap with the nodes': cluster('provider: local, cidr: 100.100.0.0/16'),
  'an overlap with the IPv6 nodes': cluster('provider: local, ipFamily: ipv6, cidr: "fd69:7374:686d:7::/64"'),
  'a repeated name': `${head}  clusters:
    - {name: a, provider: local, cidr: 10.1.0.0/16}
    - name: a
      provider: local
      cidr: 10.2.0.0/16
`,
  'a repeated context': `${head}  clusters:
    - {name: a, provider: existing, context: c}
    - {name: b, provider: existing, context: c, kubeconfig: other}
    - {name: d, provider: existing, context: c}
`,
  'an existing cluster without its context': cluster('provider: existing'),
  'a wrong API server address': cluster('provider: existing, context: b, apiServer: http://b:6443'),
  'eks without a region': cluster('provider: eks, cidr: 10.2.0.0/16'),
  'a wrong region': cluster('provider: eks, cidr: 10.2.0.0/16, region: Frankfurt'),
  'eks without addresses': cluster('provider: eks, region: eu-central-1'),
  'a VPC that is too large': cluster('provider: eks, region: eu-central-1, cidr: 10.0.0.0/15'),
  'an IPv6 VPC': cluster('provider: eks, region: eu-central-1, ipFamily: ipv6, cidr: "fd00::/56"'),
  'a zone of another region': eks('zones: [eu-central-1a, eu-west-1b, eu-central-1a]'),
  'a local zone': eks('zones: [eu-central-1a, eu-central-1-ham-1a]'),
  'one zone': eks('zones: [eu-central-1a]'),
  'zones that cannot be guessed': cluster('provider: eks, region: us-west-1, cidr: 10.2.0.0/16'),
  'an unquoted account': eks('account: 012345678901'),
  'a short account': eks('account: "12345"'),
  'a Kubernetes version that EKS has not': eks('kubernetesVersion: "1.28"'),
  'a retention that CloudWatch has not': eks('logRetentionDays: 31'),
  'no endpoint': eks('endpoint: {public: false, private: false}'),
  'blocks for no public endpoint': eks('endpoint: {public: false, publicCidrs: [192.0.2.0/24]}'),
  'wrong source ranges': eks('gateways: {ingress: {sourceRanges: [192.0.2.1/24, everyone]}}'),
  'a wrong exposure': eks('gateways: {ingress: {exposure: external}}'),
  'one exposure for both gateways': eks('gateways: {exposure: internal, sourceRanges: [192.0.2.0/24]}'),
  'an east-west gateway for everybody': eks('gateways: {eastWest: {exposure: internet-facing}}'),
  'an exposure that an annotation unsays': eks(
    'gateways: {ingress: {annotations: {service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing}}}',
  ),
  'subnets of no VPC': eks('subnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]'),
  'one subnet': cluster(
    'provider: eks, region: eu-central-1, vpcId: vpc-0123456789abcdef0, subnetIds: [subnet-0123456789abcdef0]',
  ),
  'an API server for peers alone': eks('endpoint: {publicCidrs: [peers]}'),
  'peers whose addresses nobody knows': `${head}  clusters:
    - {name: a, provider: eks, region: eu-central-1, cidr: 10.1.0.0/16, endpoint: {publicCidrs: [192.0.2.0/24, peers]}, gateways: {ingress: {sourceRanges: [peers]}, eastWest: {exposure: internet-facing, sourceRanges: [peers]}}}
    - {name: b, provider: existing, context: b}
`,
  'an administrator of another account': eks(
    'account: "111111111111", adminPrincipals: ["arn:aws:iam::222222222222:role/a"]',
  ),
  'an administrator that is no ARN': eks('adminPrincipals: [alice]'),
  'reserved tags': eks('tags: {"aws:x": y, team: z}'),
  'a number as a tag': eks('tags: {cost: 12}'),
  'a wrong VPC': cluster('provider: eks, region: eu-central-1, vpcId: my-vpc'),
  'an error behind an anchor': `${head}  clusters:
    - &base {name: a, provider: local, cidr: 10.1.0.0/16, ipFamily: ipv5}
    - {<<: *base, name: b, cidr: 10.2.0.0/16}
`,
  'everything at once': `${head}  meshId: mesh1
  clusters:
    - name: A
      provider: local
      cidr: 10.1.0.0/16
    - name: b
      provider: local
      cidr: 10.3.0.0/16
      regoin: x
    - name: b
      provider: eks
      region: eu-west-1
      cidr: 10.3.0.0/17
      account: 12
`,
  'source ranges of one family in a mesh of both': `${head}  clusters:
    - {name: a, provider: eks, region: eu-central-1, cidr: 10.1.0.0/16, gateways: {eastWest: {exposure: internet-facing, sourceRanges: [203.0.113.0/24]}}}
    - {name: b, provider: eks, region: eu-west-1, cidr: 10.2.0.0/16, ipFamily: ipv6}
`,
  'services that contradict each other': `${head}  clusters:
    - {name: a, provider: local, cidr: 10.1.0.0/16}
    - {name: b, provider: local, cidr: 10.2.0.0/16}
  sharedNamespaces: [shop]
  services:
    - {host: search.shop, failover: [a, b], split: {by: cluster, weights: {a: 60, c: 30}}}
    - {host: search.shop}
    - host: payments.shop
      residency: [a, c, a]
      failover: [b]
      split: {by: cluster, weights: {a: 100}, match: [{headers: {x-user: {exact: beta}}, to: b}]}
    - {host: cart.shop, split: {by: version, weights: {V1: 100}, match: [{headers: {X-User: {exact: a, prefix: b}}, to: V1}, {headers: {}, to: V1}]}}
    - {host: stock.shop, access: [{serviceAccount: web}, {}]}
    - {host: helloworld.sample, failover: [a]}
    - {host: till.sample, residency: [a]}
`,
  'malformed services': `${head}  clusters: [{name: a, provider: local, cidr: 10.1.0.0/16}]
  services:
    - {host: payments}
    - {host: cart.shop.svc.cluster.local, residency: [], access: []}
    - {host: a.b, split: {by: weight, weights: {a: 101}, match: [{headers: {x-user: {exact: ''}}}]}}
    - {failovr: [a]}
`,
  'an order among clusters of unknown or equal regions': `${head}  clusters:
    - {name: a, provider: local, cidr: 10.1.0.0/16}
    - {name: b, provider: existing, context: b}
    - {name: c, provider: local, cidr: 10.3.0.0/16}
    - {name: d, provider: local, cidr: 10.4.0.0/16}
  services:
    - {host: cart.shop, failover: [a, b]}
    - {host: search.shop, failover: [a, b, c, d]}
`,
  'an order among clusters of one region': `${head}  clusters:
    - {name: a, provider: existing, context: a, region: eu-west-1}
    - {name: b, provider: existing, context: b, region: eu-north-1}
    - {name: c, provider: existing, context: c, region: eu-west-1}
  services: [{host: cart.shop, failover: [a, b]}]
`,
};
