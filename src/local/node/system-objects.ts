import type { KubeObject } from '../../kubernetes/index.ts';
import type { NodeSpec } from './node-spec.ts';

const namespace = 'kube-system';
const labels = { 'app.kubernetes.io/managed-by': 'isthmus', 'k8s-app': 'kube-dns' };

const collections: Readonly<Record<string, string>> = {
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  ServiceAccount: `/api/v1/namespaces/${namespace}/serviceaccounts`,
  ConfigMap: `/api/v1/namespaces/${namespace}/configmaps`,
  Service: `/api/v1/namespaces/${namespace}/services`,
  Deployment: `/apis/apps/v1/namespaces/${namespace}/deployments`,
};

/** Path of one of these objects, known without asking the API server for its kinds. */
export const pathOf = ({ kind, metadata }: KubeObject): string =>
  `${collections[kind ?? '']}/${metadata?.name}`;

/** What a node needs inside its cluster: DNS, and the rights of the load-balancer controller. */
export function systemObjects(plan: NodeSpec, corednsImage: string): KubeObject[] {
  return [
    ...access('coredns', { kind: 'ServiceAccount', name: 'coredns', namespace }, [
      {
        apiGroups: [''],
        resources: ['endpoints', 'services', 'pods', 'namespaces'],
        verbs: ['list', 'watch'],
      },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    ]),
    ...access('load-balancer', { kind: 'User', name: 'isthmus:load-balancer' }, [
      { apiGroups: [''], resources: ['services'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['services/status'], verbs: ['patch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create', 'patch'] },
    ]),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace } },
    corefile(plan),
    dnsService(plan),
    corednsDeployment(corednsImage),
  ];
}

function access(name: string, subject: { kind: string; name: string; namespace?: string }, rules: object[]) {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: `isthmus:${name}` } };
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `isthmus:${name}` };
  const apiGroup = subject.kind === 'User' ? { apiGroup: 'rbac.authorization.k8s.io' } : {};
  return [
    { ...role, kind: 'ClusterRole', rules },
    { ...role, kind: 'ClusterRoleBinding', roleRef, subjects: [{ ...subject, ...apiGroup }] },
  ];
}

/** Outside names are answered only where the machine has a resolver that a pod can reach. */
const corefile = ({ machine }: NodeSpec): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'coredns', namespace },
  data: {
    Corefile: `.:53 {
    errors
    health {
        lameduck 1s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        ttl 5
    }
${machine.nameservers.length > 0 ? '    forward . /etc/resolv.conf\n' : ''}    cache 5
    loop
    reload 2s 1s
    loadbalance
}
`,
  },
});

const dnsService = ({ at }: NodeSpec): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'kube-dns', namespace, labels },
  spec: {
    clusterIP: String(at.dns),
    selector: { 'k8s-app': 'kube-dns' },
    ports: [
      { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
      { name: 'dns-tcp', port: 53, targetPort: 53, protocol: 'TCP' },
    ],
  },
});

const corednsDeployment = (image: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'coredns', namespace, labels },
  spec: {
    selector: { matchLabels: { 'k8s-app': 'kube-dns' } },
    template: {
      metadata: { labels },
      spec: {
        serviceAccountName: 'coredns',
        priorityClassName: 'system-cluster-critical',
        dnsPolicy: 'Default',
        terminationGracePeriodSeconds: 3,
        containers: [
          {
            name: 'coredns',
            image,
            imagePullPolicy: 'IfNotPresent',
            args: ['-conf', '/etc/coredns/Corefile'],
            resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { memory: '170Mi' } },
            volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
            readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 2 },
            livenessProbe: { httpGet: { path: '/health', port: 8080 }, initialDelaySeconds: 30 },
          },
        ],
        volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
      },
    },
  },
});
