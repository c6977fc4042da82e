import { describe, expect, it } from 'vitest';
import { type IsthmusError, isIsthmusError } from '../../../src/errors/index.ts';
import { parseTopology } from '../../../src/topology/index.ts';

const text = (name: string, network: string, provider: string) => `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: demo}
spec:
  clusters:
    - {name: "${name}", network: "${network}", ${provider}}
`;
const existing = 'provider: existing, context: "gke_my-proj_europe-west1_c"';
const local = 'provider: local, cidr: 10.1.0.0/16';
const named = (...given: Parameters<typeof text>) => parseTopology(text(...given), 'mesh.yaml').clusters[0];

function problemsOf(...given: Parameters<typeof text>): IsthmusError['problems'] {
  try {
    named(...given);
  } catch (error) {
    if (isIsthmusError(error)) return error.problems;
    throw error;
  }
  return [];
}

/** Names that istiods and labels of others have (Kubernetes' label values, keys of Secrets). */
const found = [
  'gke_my-proj_europe-west1_c',
  'cn-my-proj-europe-west1-c',
  'Kubernetes',
  'Prod.EU.example',
  'N'.repeat(63),
];

describe('the name of a cluster and its network', () => {
  it.each(found)('that exist stay as they are: %s', (name) =>
    expect(named(name, name, existing)).toMatchObject({ name, network: name }),
  );

  it.each(['arn:aws:eks:eu-central-1:1:cluster/a', 'a b', '_a', 'a.', 'N'.repeat(64)])(
    'that can be no key of a remote secret is refused with the way to look at it all the same: %s',
    (name) => {
      const [problem] = problemsOf(name, 'a', existing);
      expect(problem).toMatchObject({ hint: expect.stringContaining('isthmus doctor --context') });
    },
  );

  it('that isthmus makes are DNS labels, for they become host names', () => {
    for (const [name, network] of [
      ['gke_a_b_c', 'a'],
      ['a', 'Prod.EU'],
    ] as const)
      expect(problemsOf(name, network, local)).toMatchObject([
        { message: expect.stringContaining('lower-case DNS label') },
      ]);
  });

  it('may be those of a service’s clusters', () => {
    const services =
      '  services: [{host: cart.shop, failover: [gke_a_b_c]}, {host: vault.shop, residency: [gke_a_b_c]}]\n';
    const { services: parsed } = parseTopology(text('gke_a_b_c', 'N_1', existing) + services, 'mesh.yaml');
    expect(parsed).toMatchObject([{ failover: ['gke_a_b_c'] }, { residency: ['gke_a_b_c'] }]);
  });
});
