import { describe, expect, it } from 'vitest';
import { operatorFor } from '../../../../src/istio/install/operator.ts';
import type { ClusterCapabilities } from '../../../../src/provider/index.ts';
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
                  "overlays": [
                    {
                      "apiVersion": "apps/v1",
                      "kind": "Deployment",
                      "name": "istio-ingressgateway",
                      "patches": [
                        {
                          "path": "spec.template.spec.containers.[name:istio-proxy].startupProbe",
                          "value": {
                            "failureThreshold": 600,
                            "httpGet": {
                              "path": "/healthz/ready",
                              "port": 15021,
                            },
                            "periodSeconds": 1,
                            "timeoutSeconds": 3,
                          },
                        },
                      ],
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
                  "overlays": [
                    {
                      "apiVersion": "apps/v1",
                      "kind": "Deployment",
                      "name": "istio-eastwestgateway",
                      "patches": [
                        {
                          "path": "spec.template.spec.containers.[name:istio-proxy].startupProbe",
                          "value": {
                            "failureThreshold": 600,
                            "httpGet": {
                              "path": "/healthz/ready",
                              "port": 15021,
                            },
                            "periodSeconds": 1,
                            "timeoutSeconds": 3,
                          },
                        },
                      ],
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
            "pilot": {
              "enabled": true,
              "k8s": {
                "overlays": [
                  {
                    "apiVersion": "apps/v1",
                    "kind": "Deployment",
                    "name": "istiod",
                    "patches": [
                      {
                        "path": "spec.template.spec.containers.[name:discovery].startupProbe",
                        "value": {
                          "failureThreshold": 600,
                          "httpGet": {
                            "path": "/ready",
                            "port": 8080,
                          },
                          "periodSeconds": 1,
                          "timeoutSeconds": 3,
                        },
                      },
                    ],
                  },
                ],
              },
            },
          },
          "hub": "docker.io/istio",
          "meshConfig": {
            "defaultConfig": {
              "proxyMetadata": {
                "ECC_SIGNATURE_ALGORITHM": "ECDSA",
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
            "ECC_SIGNATURE_ALGORITHM": "ECDSA",
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
    const opened = (capabilities: ClusterCapabilities) => {
      const { spec } = operatorFor({ topology, spec: clusterSpec('eks-1', 0), capabilities }) as {
        spec: { components: { ingressGateways: { k8s: { service: { ports: { port: number }[] } } }[] } };
      };
      return spec.components.ingressGateways.map(({ k8s }) => k8s.service.ports.map(({ port }) => port));
    };
    expect(opened(cloudCapabilities)).toEqual([[80, 443], [15443]]);
    expect(opened(localCapabilities)).toEqual([
      [15021, 80, 443],
      [15021, 15443],
    ]);
  });
});
