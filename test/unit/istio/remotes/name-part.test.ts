import { expect, it } from 'vitest';
import { newBindingName } from '../../../../src/istio/remotes/bindings.ts';
import { remoteSecretName } from '../../../../src/istio/remotes/remote-secret.ts';

/** As the API server checks names of Secrets. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

it('gives Secrets of names that no Secret may have names of their own', () => {
  const names = [
    'gke_my-proj_europe-west1_c',
    'gke-my-proj-europe-west1-c',
    'Prod.EU',
    'prod.eu',
    'a..b',
    'a--b',
  ];
  const made = names.map(remoteSecretName);
  expect(new Set(made).size).toBe(names.length);
  for (const name of [...made, ...names.map(newBindingName)]) expect(name).toMatch(subdomain);
  expect(remoteSecretName('Z'.repeat(63)).length).toBeLessThan(254);
});

it('keeps the names that istioctl gives', () => {
  for (const name of ['eks-1', 'prod.eu', 'gke-my-proj-europe-west1-c'])
    expect(remoteSecretName(name)).toBe(`istio-remote-secret-${name}`);
});
