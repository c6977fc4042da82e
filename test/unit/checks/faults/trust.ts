import { change, discovery, drop, type Fault, pod, system } from './fault.ts';

export const trustFaults: readonly Fault[] = [
  {
    id: 'trust',
    what: 'roots of somebody else cannot be read',
    inject: (mesh) => {
      drop(['v1', 'Secret'], system, 'cacerts')(mesh);
      discovery('docker.io/istio/pilot:1.31.0', [{ name: 'EXTERNAL_CA', value: 'true' }])(mesh);
      change(['v1', 'ConfigMap'], [system, 'istio-ca-root-cert'], { data: { 'root-cert.pem': '' } })(mesh);
    },
    cluster: 'eks-2',
    object: /^ConfigMap istio-system\/istio-ca-root-cert$/,
  },
  {
    id: 'trust',
    what: 'no istiod to read',
    inject: drop(['v1', 'Pod'], system, pod('istiod')),
    cluster: 'eks-2',
    object: /^$/,
  },
];
