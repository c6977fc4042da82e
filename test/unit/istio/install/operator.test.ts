import { describe, expect, it } from 'vitest';
import { operatorFor } from '../../../../src/istio/install/operator.ts';
import { cloudCapabilities, clusterSpec, localCapabilities, topologyOf } from '../fixtures.ts';

const topology = topologyOf(['eks-1', 'eks-2']);

describe('operatorFor', () => {
  it('asks for a small mesh with a vanilla Envoy', () => {
    expect(
      operatorFor({ topology, spec: clusterSpec('eks-2', 1), capabilities: localCapabilities }),
    ).toMatchInlineSnapshot(`
      {
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "spec": {
          "components": {
            "ingressGateways": [
              {
                "enabled": true,
                "k8s": {
                  "service": {
                    "ports": [
                      {
                        "name": "status-port",
                        "port": 15021,
                        "protocol": "TCP",
                        "targetPort": 15021,
                      },
                      {
                        "name": "http2",
                        "port": 80,
                        "protocol": "TCP",
                        "targetPort": 8080,
                      },
                      {
                        "name": "https",
                        "port": 443,
                        "protocol": "TCP",
                        "targetPort": 8443,
                      },
                    ],
                  },
                },
                "label": {
                  "app": "istio-ingressgateway",
                  "istio": "ingressgateway",
                },
                "name": "istio-ingressgateway",
                "namespace": "istio-ingress",
              },
              {
                "enabled": true,
                "k8s": {
                  "env": [
                    {
                      "name": "ISTIO_META_REQUESTED_NETWORK_VIEW",
                      "value": "network2",
                    },
                  ],
                  "service": {
                    "ports": [
                      {
                        "name": "status-port",
                        "port": 15021,
                        "protocol": "TCP",
                        "targetPort": 15021,
                      },
                      {
                        "name": "tls",
                        "port": 15443,
                        "protocol": "TCP",
                        "targetPort": 15443,
                      },
                    ],
                  },
                },
                "label": {
                  "app": "istio-eastwestgateway",
                  "istio": "eastwestgateway",
                },
                "name": "istio-eastwestgateway",
                "namespace": "istio-ingress",
              },
            ],
          },
          "hub": "docker.io/istio",
          "meshConfig": {
            "defaultConfig": {
              "proxyMetadata": {
                "PROXY_CONFIG_XDS_AGENT": "true",
              },
            },
            "defaultProviders": {
              "metrics": [],
            },
            "trustDomain": "cluster.local",
          },
          "profile": "minimal",
          "tag": "1.31.0",
          "values": {
            "gateways": {
              "istio-ingressgateway": {
                "autoscaleEnabled": false,
                "replicaCount": 1,
                "resources": {
                  "limits": null,
                  "requests": {
                    "cpu": "10m",
                    "memory": "64Mi",
                  },
                },
              },
            },
            "global": {
              "imagePullPolicy": "IfNotPresent",
              "meshID": "mesh1",
              "multiCluster": {
                "clusterName": "eks-2",
              },
              "network": "network2",
              "proxy": {
                "resources": {
                  "limits": null,
                  "requests": {
                    "cpu": "10m",
                    "memory": "40Mi",
                  },
                },
              },
            },
            "pilot": {
              "autoscaleEnabled": false,
              "env": {
                "AUTO_RELOAD_PLUGIN_CERTS": "true",
                "ISTIO_MULTIROOT_MESH": "true",
                "PILOT_DISABLE_MX_ALPN": "true",
                "PILOT_ENABLE_ALPN_FILTER": "false",
                "PILOT_ENABLE_METADATA_EXCHANGE": "false",
              },
              "replicaCount": 1,
              "resources": {
                "limits": null,
                "requests": {
                  "cpu": "10m",
                  "memory": "128Mi",
                },
              },
            },
            "telemetry": {
              "enabled": false,
            },
          },
        },
      }
    `);
  });

  it('asks for replicas, spread and Istio’s own filters in production', () => {
    const { spec } = operatorFor({
      topology,
      spec: clusterSpec('eks-1', 0),
      capabilities: cloudCapabilities,
    }) as {
      spec: { values: object; meshConfig: object };
    };
    expect(spec.meshConfig).toMatchInlineSnapshot(`
      {
        "defaultConfig": {
          "proxyMetadata": {
            "PROXY_CONFIG_XDS_AGENT": "true",
          },
        },
        "trustDomain": "cluster.local",
      }
    `);
    expect(spec.values).toMatchInlineSnapshot(`
      {
        "gateways": {
          "istio-ingressgateway": {
            "autoscaleEnabled": true,
            "autoscaleMax": 6,
            "autoscaleMin": 3,
          },
        },
        "global": {
          "imagePullPolicy": "IfNotPresent",
          "meshID": "mesh1",
          "multiCluster": {
            "clusterName": "eks-1",
          },
          "network": "network1",
        },
        "pilot": {
          "autoscaleEnabled": true,
          "autoscaleMax": 6,
          "autoscaleMin": 3,
          "env": {
            "AUTO_RELOAD_PLUGIN_CERTS": "true",
            "ISTIO_MULTIROOT_MESH": "true",
          },
          "topologySpreadConstraints": [
            {
              "labelSelector": {
                "matchLabels": {
                  "app": "istiod",
                },
              },
              "maxSkew": 1,
              "topologyKey": "topology.kubernetes.io/zone",
              "whenUnsatisfiable": "ScheduleAnyway",
            },
            {
              "labelSelector": {
                "matchLabels": {
                  "app": "istiod",
                },
              },
              "maxSkew": 1,
              "topologyKey": "kubernetes.io/hostname",
              "whenUnsatisfiable": "ScheduleAnyway",
            },
          ],
        },
      }
    `);
  });

  it('opens no port that nothing serves', () => {
    const text = JSON.stringify(
      operatorFor({ topology, spec: clusterSpec('eks-1', 0), capabilities: cloudCapabilities }),
    );
    const ports = [...text.matchAll(/"port":(\d+)/g)].map(([, port]) => port);
    expect(ports).toEqual(['80', '443', '15443']);
    const unstated = JSON.stringify(
      operatorFor({ topology, spec: clusterSpec('eks-1', 0), capabilities: localCapabilities }),
    );
    expect([...unstated.matchAll(/"port":(\d+)/g)].map(([, port]) => port)).toEqual([
      '15021',
      '80',
      '443',
      '15021',
      '15443',
    ]);
  });
});
