import type { Argued, Fault } from './fault.ts';
import b01 from './faults/b01-only-local-answers.ts';
import b02 from './faults/b02-different-roots.ts';
import b03 from './faults/b03-incomplete-authority.ts';
import b04 from './faults/b04-stale-name.ts';
import b05port from './faults/b05-blocked-port.ts';
import b05 from './faults/b05-target-black-hole.ts';
import b06 from './faults/b06-revoked-token.ts';
import b07 from './faults/b07-remote-down-at-start.ts';
import b08plain from './faults/b08-plain-text.ts';
import b08 from './faults/b08-synced-lies.ts';
import b09 from './faults/b09-old-root-in-proxies.ts';
import b10role from './faults/b10-old-reader-role.ts';
import b10 from './faults/b10-trust-domain.ts';
import b11 from './faults/b11-network-label.ts';
import b12 from './faults/b12-several-zones.ts';
import b13 from './faults/b13-subset-on-one-side.ts';
import b14 from './faults/b14-ejection.ts';
import b16 from './faults/b16-missing-service.ts';
import b17 from './faults/b17-webhook-port.ts';
import b18 from './faults/b18-loopback-address.ts';
import b18other from './faults/b18-other-cluster.ts';
import b19 from './faults/b19-leftover.ts';
import b20 from './faults/b20-shared-monitoring.ts';
import b21 from './faults/b21-port-name.ts';
import b21number from './faults/b21-port-number.ts';
import b22 from './faults/b22-port-without-mtls.ts';
import b23 from './faults/b23-rule-without-tls.ts';
import b24gateway from './faults/b24-hidden-gateway.ts';
import b24 from './faults/b24-hidden-namespace.ts';
import b25sidecar from './faults/b25-narrow-sidecar.ts';
import b25 from './faults/b25-unexported-service.ts';
import b26 from './faults/b26-closed-gateway.ts';
import b26health from './faults/b26-closed-health.ts';
import b26istiod from './faults/b26-closed-istiod.ts';
import b26webhook from './faults/b26-closed-webhook.ts';
import b27 from './faults/b27-authority-of-tomorrow.ts';
import b27clock from './faults/b27-clock-ahead.ts';
import b28closed from './faults/b28-closed-gateway.ts';
import b28dead from './faults/b28-dead-gateway.ts';
import b28revision from './faults/b28-other-revision.ts';
import b29 from './faults/b29-dns-capture.ts';
import b30 from './faults/b30-cluster-local.ts';
import b31alias from './faults/b31-external-name.ts';
import b31headless from './faults/b31-headless.ts';
import b32 from './faults/b32-secret-elsewhere.ts';
import b33 from './faults/b33-secret-key.ts';
import b34 from './faults/b34-secret-twice.ts';

/** Faults that are caused for real; each names the check that finds its pain. */
export const faults: readonly Fault[] = [
  b14,
  b20,
  b21,
  b21number,
  b29,
  b31headless,
  b31alias,
  b30,
  b28revision,
  b28dead,
  b28closed,
  b34,
  b33,
  b32,
  b22,
  b23,
  b25,
  b25sidecar,
  b26,
  b26webhook,
  b26istiod,
  b26health,
  b27clock,
  b24,
  b24gateway,
  b19,
  b13,
  b17,
  b16,
  b18,
  b18other,
  b06,
  b01,
  b11,
  b12,
  b08plain,
  b08,
  b05,
  b05port,
  b07,
  b04,
  b10role,
  b10,
  b27,
  b03,
  b02,
  b09,
];

/** Pains without a fault here, and why. */
export const argued: readonly Argued[] = [
  {
    pain: 'B15',
    title: 'long-lived connections stick to one pod',
    why: 'Envoy chooses an endpoint for each HTTP request, so only TCP and clients without a sidecar stick, by design (the upstream issue is closed so); nothing in the configuration or in a moment’s counters tells a fault from intent, and the evidence of traffic lists the answers by pod',
  },
];
