import { describe, expect, it } from 'vitest';
import {
  closingNetworkPolicies,
  matchesSelector,
  type NetworkPolicy,
  type NetworkPolicyRule,
  type Pod,
} from '../../../src/kubernetes/index.ts';

const pod = (namespace: string, labels: Record<string, string>, podIP = '10.1.0.9') =>
  ({
    metadata: { namespace, name: 'it', labels },
    spec: { containers: [{ name: 'proxy', ports: [{ name: 'tls', containerPort: 15443 }] }] },
    status: { podIP },
  }) as unknown as Pod;

const gateway = pod('edge', { istio: 'eastwestgateway' });
const policy = (ingress: readonly NetworkPolicyRule[], more: object = {}): NetworkPolicy => ({
  metadata: { namespace: 'edge', name: 'p' },
  spec: { podSelector: {}, policyTypes: ['Ingress'], ingress, ...more },
});
const closed = (policies: readonly NetworkPolicy[], port = 15443) =>
  closingNetworkPolicies(policies, { from: 'outside', to: gateway, port }).length > 0;

describe('NetworkPolicies and callers from outside', () => {
  it.each([
    ['no policy', [], false],
    ['a policy without rules', [policy([])], true],
    ['one without types, which is about what comes in', [policy([], { policyTypes: undefined })], true],
    ['one about what goes out alone', [policy([], { policyTypes: ['Egress'] })], false],
    ['one for other pods', [policy([], { podSelector: { matchLabels: { app: 'cart' } } })], false],
    ['one of another namespace', [{ ...policy([]), metadata: { namespace: 'shop', name: 'p' } }], false],
    ['a rule for everybody', [policy([{}])], false],
    ['a rule for another port', [policy([{ ports: [{ port: 15021 }] }])], true],
    ['a rule for the port', [policy([{ ports: [{ protocol: 'TCP', port: 15443 }] }])], false],
    ['a rule for the port by its name', [policy([{ ports: [{ port: 'tls' }] }])], false],
    ['a rule for a range', [policy([{ ports: [{ port: 15000, endPort: 16000 }] }])], false],
    ['a rule for UDP', [policy([{ ports: [{ protocol: 'UDP', port: 15443 }] }])], true],
    ['a rule for every pod of the cluster', [policy([{ from: [{ namespaceSelector: {} }] }])], true],
    ['a rule for addresses', [policy([{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])], false],
    ['one that closes beside one that opens', [policy([]), policy([{}])], false],
  ])('%s', (_, policies, is) => expect(closed(policies)).toBe(is));
});

describe('NetworkPolicies and pods', () => {
  const caller = { pod: pod('shop', { app: 'cart' }, '10.2.3.4'), namespaceLabels: { team: 'a' } };
  const closedTo = (rule: NetworkPolicyRule) =>
    closingNetworkPolicies([policy([rule])], { from: caller, to: gateway, port: 15012 }).length > 0;

  it.each([
    ['its namespace', { from: [{ namespaceSelector: { matchLabels: { team: 'a' } } }] }, false],
    ['another namespace', { from: [{ namespaceSelector: { matchLabels: { team: 'b' } } }] }, true],
    ['pods of the policy’s own namespace', { from: [{ podSelector: {} }] }, true],
    [
      'pods by label in its namespace',
      { from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'cart' } } }] },
      false,
    ],
    [
      'other pods in its namespace',
      { from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'shop' } } }] },
      true,
    ],
    ['a block that its address is of', { from: [{ ipBlock: { cidr: '10.2.0.0/16' } }] }, false],
    ['a block without it', { from: [{ ipBlock: { cidr: '10.2.0.0/16', except: ['10.2.3.0/24'] } }] }, true],
    ['a block of the other family', { from: [{ ipBlock: { cidr: 'fd00::/8' } }] }, true],
  ])('lets in by %s, or not', (_, rule, is) => expect(closedTo(rule)).toBe(is));
});

describe('label selectors', () => {
  const by = (operator: string, values: string[] = []) =>
    matchesSelector({ matchExpressions: [{ key: 'team', operator, values }] }, { team: 'a' });

  it('knows the four operators, and none else', () => {
    expect([by('In', ['a', 'b']), by('In', ['b'])]).toEqual([true, false]);
    expect([by('NotIn', ['b']), by('NotIn', ['a'])]).toEqual([true, false]);
    expect([by('Exists'), by('DoesNotExist'), by('Gt', ['a'])]).toEqual([true, false, false]);
    expect(matchesSelector({ matchExpressions: [{ key: 'x', operator: 'NotIn', values: ['a'] }] }, {})).toBe(
      true,
    );
  });

  it('takes an empty one for everything', () => expect(matchesSelector({}, undefined)).toBe(true));
});
