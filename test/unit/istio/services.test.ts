import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { serviceObjects } from '../../../src/istio/services/service-objects.ts';
import { parseTopology, type Topology } from '../../../src/topology/index.ts';

/** A mesh of local clusters a, b, … with these entries of `spec.services`. */
function meshWith(clusters: number, services: string): Topology {
  const entries = ['a', 'b', 'c'].slice(0, clusters).map((name, at) => {
    return `    - {name: ${name}, provider: local, cidr: 10.${at + 1}.0.0/16}`;
  });
  return parseTopology(
    `apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  clusters:\n${entries.join('\n')}\n  services:\n${services}`,
    'mesh.yaml',
  );
}

const rendered = (topology: Topology): string => {
  const { rules, routes } = serviceObjects(topology);
  return [...rules, ...routes].map((object) => `---\n${stringify(object)}`).join('');
};

describe('what is wanted of services', () => {
  it('is rendered as in the golden file', async () => {
    const all = `    - {host: catalog.shop, failover: [a, b]}
    - {host: search.shop, split: {by: cluster, weights: {a: 90, b: 10}}}
    - host: cart.shop
      split: {by: version, weights: {v1: 100, v2: 0}, match: [{headers: {x-user: {exact: beta}}, to: v2}]}
    - host: payments.shop
      selector: {app: pay, tier: back}
      residency: [a]
      access: [{namespace: web, serviceAccount: checkout}, {namespace: ops}, {trustDomain: partner.example}]
    - {host: shared.other}
`;
    await expect(rendered(meshWith(2, all))).toMatchFileSnapshot('services.golden.yaml');
  });

  it('ranks the clusters of three regions after the caller’s own in the order of the file', () => {
    const { rules } = serviceObjects(meshWith(3, '    - {host: catalog.shop, failover: [b, c, a]}\n'));
    expect(rules[0]).toMatchObject({
      spec: {
        trafficPolicy: {
          loadBalancer: {
            localityLbSetting: {
              failoverPriority: ['topology.istio.io/cluster'],
              failover: [
                { from: 'a', to: 'b' },
                { from: 'b', to: 'c' },
                { from: 'c', to: 'b' },
              ],
            },
          },
        },
      },
    });
  });
});
