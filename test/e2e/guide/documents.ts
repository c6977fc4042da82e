import { images, versions } from '../../../src/toolchain/index.ts';

const network = (cluster: string) => cluster.replace('cluster', 'network');

/** cluster1.yaml of the guide; what it does not have serves the plain Envoy of local clusters and is apart. */
export const primary = (cluster: string) => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  values:
    global:
      meshID: mesh1
      multiCluster:
        clusterName: ${cluster}
      network: ${network(cluster)}
`;

/** Local clusters have images of one registry's names only, and an Envoy without Istio's own filters. */
export const localValues: readonly string[] = [
  'hub=docker.io/istio',
  `tag=${versions.istio}`,
  'values.pilot.env.PILOT_ENABLE_METADATA_EXCHANGE=false',
  'values.pilot.env.PILOT_ENABLE_ALPN_FILTER=false',
  'values.pilot.env.PILOT_DISABLE_MX_ALPN=true',
  'values.telemetry.enabled=false',
].flatMap((value) => ['--set', value]);

/** What samples/multicluster/gen-eastwest-gateway.sh prints. */
export const eastWestGateway = (cluster: string) => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: eastwest}
spec:
  revision: ""
  profile: empty
  hub: docker.io/istio
  tag: ${versions.istio}
  components:
    ingressGateways:
      - name: istio-eastwestgateway
        label:
          istio: eastwestgateway
          app: istio-eastwestgateway
          topology.istio.io/network: ${network(cluster)}
        enabled: true
        k8s:
          env:
            - {name: ISTIO_META_REQUESTED_NETWORK_VIEW, value: ${network(cluster)}}
          service:
            ports:
              - {name: status-port, port: 15021, targetPort: 15021}
              - {name: tls, port: 15443, targetPort: 15443}
              - {name: tls-istiod, port: 15012, targetPort: 15012}
              - {name: tls-webhook, port: 15017, targetPort: 15017}
  values:
    gateways:
      istio-ingressgateway: {injectionTemplate: gateway}
    global:
      imagePullPolicy: IfNotPresent
      network: ${network(cluster)}
`;

/** samples/multicluster/expose-services.yaml */
export const exposeServices = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: cross-network-gateway}
spec:
  selector: {istio: eastwestgateway}
  servers:
    - port: {number: 15443, name: tls, protocol: TLS}
      tls: {mode: AUTO_PASSTHROUGH}
      hosts: ["*.local"]
`;

/** samples/helloworld/helloworld.yaml and samples/curl/curl.yaml, as far as one cluster gets them. */
export const samples = (version: 'v1' | 'v2') => `apiVersion: v1
kind: Service
metadata: {name: helloworld, labels: {app: helloworld, service: helloworld}}
spec:
  ports: [{port: 5000, name: http}]
  selector: {app: helloworld}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: helloworld-${version}, labels: {app: helloworld, version: ${version}}}
spec:
  replicas: 1
  selector: {matchLabels: {app: helloworld, version: ${version}}}
  template:
    metadata: {labels: {app: helloworld, version: ${version}}}
    spec:
      containers:
        - name: helloworld
          image: ${images.helloworld[version === 'v1' ? 0 : 1]}
          env: [{name: SERVICE_VERSION, value: ${version}}]
          resources: {requests: {cpu: 100m}}
          ports: [{containerPort: 5000}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: curl}
---
apiVersion: v1
kind: Service
metadata: {name: curl, labels: {app: curl, service: curl}}
spec:
  ports: [{port: 80, name: http}]
  selector: {app: curl}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: curl}
spec:
  replicas: 1
  selector: {matchLabels: {app: curl}}
  template:
    metadata: {labels: {app: curl}}
    spec:
      terminationGracePeriodSeconds: 0
      serviceAccountName: curl
      containers:
        - name: curl
          image: ${images.curl}
          command: [/bin/sleep, infinity]
`;
