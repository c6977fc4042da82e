import type { Argued, Fault } from './fault.ts';
import b01 from './faults/b01-only-local-answers.ts';
import b02 from './faults/b02-different-roots.ts';
import b03 from './faults/b03-incomplete-authority.ts';
import b05 from './faults/b05-target-black-hole.ts';
import b06 from './faults/b06-revoked-token.ts';
import b08 from './faults/b08-synced-lies.ts';
import b11 from './faults/b11-network-label.ts';
import b13 from './faults/b13-subset-on-one-side.ts';
import b14 from './faults/b14-ejection.ts';
import b16 from './faults/b16-missing-service.ts';
import b17 from './faults/b17-webhook-port.ts';
import b18 from './faults/b18-loopback-address.ts';
import b20 from './faults/b20-shared-monitoring.ts';

/** Faults that are caused for real; each names the check that finds its pain. */
export const faults: readonly Fault[] = [b14, b20, b13, b17, b16, b18, b06, b01, b11, b08, b05, b02, b03];

/** Pains without a fault here, and why. */
export const argued: readonly Argued[] = [
  {
    pain: 'B4',
    title: 'the load balancer has a hostname',
    why: 'local load balancers have addresses, so no hostname can go stale on this bed',
  },
  {
    pain: 'B7',
    title: 'the remote API server is down when istiod starts',
    why: 'not injected yet: the bed starts a stopped API server again',
  },
  {
    pain: 'B9',
    title: 'proxies keep the old root after a rotation',
    why: 'not injected yet: trust compares the roots of secrets, istiods and live proxies',
  },
  { pain: 'B10', title: 'different trust domains', why: 'not injected yet' },
  {
    pain: 'B12',
    title: 'wrong weights for remotes in several zones',
    why: 'a local cluster has one zone; sync compares weights, and its unit tests have several',
  },
  {
    pain: 'B15',
    title: 'long-lived connections stick to one pod',
    why: 'TCP is balanced per connection by design; nothing in the configuration tells a fault from intent',
  },
  {
    pain: 'B19',
    title: 'destroy leaves things behind',
    why: 'there is no mesh left to check: down itself audits what is left, and the end-to-end tests prove it',
  },
];
