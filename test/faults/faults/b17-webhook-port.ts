import type { Bed } from '../../e2e/bed.ts';
import type { Fault } from '../fault.ts';

async function target(bed: Bed, cluster: string, port: number): Promise<void> {
  const path = 'jsonpath={.spec.ports[*].port}';
  const ports = await bed.ok(cluster, ['-n', 'istio-system', 'get', 'service', 'istiod', '-o', path]);
  const at = ports.split(' ').indexOf('443');
  const change = JSON.stringify([{ op: 'replace', path: `/spec/ports/${at}/targetPort`, value: port }]);
  await bed.ok(cluster, ['-n', 'istio-system', 'patch', 'service', 'istiod', '--type=json', '-p', change]);
}

export default {
  pain: 'B17',
  title: 'the API server cannot reach the webhook on 15017',
  inject: (bed, { there }) => target(bed, there, 15018),
  expects: { check: 'injection', names: [/cannot call istiod’s webhook/] },
  undo: (bed, { there }) => target(bed, there, 15017),
} satisfies Fault;
