import type { Check } from '../../../../src/checks/engine/check.ts';
import { catalogue, runChecks } from '../../../../src/checks/index.ts';
import type { Outcome } from '../../../../src/report/index.ts';
import type { FakeMesh } from '../../../fakes/mesh.ts';
import { change } from '../faults/fault.ts';

const retry = { rolloutMs: 200, delayMs: 10, listMs: 100 };

/** What a check says of one subject. */
export async function outcomeOf(mesh: FakeMesh, id: string, subject?: string): Promise<Outcome> {
  const check = catalogue.find((one) => one.id === id) as Check;
  const results = await runChecks({ checks: [check], context: await mesh.context(), retry });
  const found = results.find((one) => subject === undefined || one.subject === subject);
  if (!found) throw new Error(`${id} has ${results.map((one) => one.subject).join(', ')}`);
  return found.outcome;
}

/** Proxies of eks-1 have of eks-2 this gateway in place of the usual one. */
export function proxiesHold(mesh: FakeMesh, address: string, port: number): void {
  const { server } = mesh.member('eks-1');
  const { exec } = server;
  server.exec = (request) => {
    const answer = exec(request);
    const stdout = answer?.stdout?.replaceAll(
      '"address":"192.0.2.2","port_value":15443',
      `"address":"${address}","port_value":${port}`,
    );
    return answer && { ...answer, ...(stdout === undefined ? {} : { stdout }) };
  };
}

export const gatewayNamespace = 'istio-ingress';
export const gatewayName = 'istio-eastwestgateway';

/** The Service of the gateway of eks-2 is this instead. */
export const exposed = (mesh: FakeMesh, spec: object, metadata: object = {}): void =>
  change(['v1', 'Service'], [gatewayNamespace, gatewayName], {
    metadata,
    spec,
    status: { loadBalancer: null },
  })(mesh);
