import { carriedIstio } from '../versions.ts';

/** What {@link starterFile} takes. */
export interface StarterOptions {
  /** Name of the mesh; `demo` by default. */
  readonly name?: string | undefined;
  /** Path or address of the JSON Schema for editors; no such line without it. */
  readonly schema?: string | undefined;
}

/** The commented mesh.yaml that `isthmus init` writes; means the same as having no file. */
export function starterFile(options: StarterOptions = {}): string {
  const modeline = options.schema ? `# yaml-language-server: $schema=${options.schema}\n` : '';
  return `${modeline}# A multi-primary, multi-network Istio mesh. Every key: docs/mesh-file.md
apiVersion: isthmus/v1alpha1
kind: Mesh
metadata:
  name: ${options.name ?? 'demo'}
spec:
  meshID: mesh1
  trustDomain: cluster.local
  istio:
    version: "${carriedIstio}" # exactly this one, so that no newer isthmus upgrades unasked; quoted
  # One root of trust, one CA for each cluster below it.
  # trust:
  #   algorithm: ecdsa-p256 # or rsa-2048, rsa-4096
  #   rootYears: 10
  #   intermediateDays: 730
  #   root: {certificate: root-cert.pem, key: root-key.pem} # your own; or kms: ARN, privateCa: ARN
  samples: true # sleep and helloworld, which \`isthmus check traffic\` calls
  clusters:
    # provider: local is a real cluster on this machine.
    - name: eks-1
      provider: local
      network: network1 # clusters of equal network need no gateway between them
      cidr: 10.1.0.0/16
    - name: eks-2
      provider: local
      network: network2
      cidr: 10.2.0.0/16
    # On AWS:
    # - name: prod-1
    #   provider: eks
    #   region: eu-central-1
    #   network: network3
    #   cidr: 10.3.0.0/16
    #   gateways: {eastWest: {exposure: internet-facing, sourceRanges: [203.0.113.0/24]}}
    # A cluster that you have already:
    # - name: other
    #   provider: existing
    #   network: network4
    #   context: my-context
`;
}
