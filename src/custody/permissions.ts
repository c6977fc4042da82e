import type { PolicyDocument, PolicyStatement } from '../aws/index.ts';
import type { KmsRootSpec, PrivateCaRootSpec, Topology } from '../topology/index.ts';
import { templateArn } from './private-ca-issue.ts';

/** What signing below the root of the file takes in AWS, on that key or CA alone; none for a root elsewhere. Pure. */
export function rootStatements({ root }: Topology['trust']): PolicyStatement[] {
  if (root?.kind === 'kms') return [rootKey(root)];
  return root?.kind === 'privateCa' ? privateCa(root) : [];
}

/** {@link rootStatements} as a policy of its own; undefined for a root elsewhere. Pure. */
export function rootPermissions(trust: Topology['trust']): PolicyDocument | undefined {
  const Statement = rootStatements(trust);
  return Statement.length === 0 ? undefined : { Version: '2012-10-17', Statement };
}

const rootKey = ({ arn }: KmsRootSpec): PolicyStatement => ({
  Sid: 'RootKey',
  Effect: 'Allow',
  Action: ['kms:GetPublicKey', 'kms:Sign'],
  Resource: [arn],
});

/** It may issue clusters' CAs, which can have no CA below them, and by no other template. */
function privateCa(spec: PrivateCaRootSpec): PolicyStatement[] {
  const on = { Effect: 'Allow', Resource: [spec.arn] } as const;
  return [
    {
      ...on,
      Sid: 'PrivateCa',
      Action: [
        'acm-pca:DescribeCertificateAuthority',
        'acm-pca:GetCertificate',
        'acm-pca:GetCertificateAuthorityCertificate',
      ],
    },
    {
      ...on,
      Sid: 'ClusterAuthorities',
      Action: ['acm-pca:IssueCertificate'],
      Condition: { StringEquals: { 'acm-pca:TemplateArn': [templateArn(spec.arn)] } },
    },
  ];
}
