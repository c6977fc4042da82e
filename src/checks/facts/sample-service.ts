import { SAMPLE_NAMESPACE, type ServiceRef } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, fail, type Outcome, unproven } from '../../report/index.ts';
import { contextOf } from '../../topology/index.ts';
import type { CheckContext } from '../engine/check-context.ts';

/** The service that every cluster of a mesh with samples answers. */
export const sampleService: ServiceRef = { namespace: SAMPLE_NAMESPACE, name: 'helloworld', port: 5000 };

export const sampleUrl = `http://${sampleService.name}.${sampleService.namespace}:${sampleService.port}/hello`;

/** Nothing stands in for the samples: say so, and how to have them. */
export function notProven(
  { topology, withoutFile }: Pick<CheckContext, 'topology' | 'withoutFile'>,
  what: string,
): Outcome<never> {
  const contexts = topology.clusters.map(contextOf);
  const deploy = `for c in ${contexts.join(' ')}; do kubectl --context $c create namespace sample; kubectl --context $c label namespace sample istio-injection=enabled; kubectl --context $c -n sample apply -f samples/helloworld/helloworld.yaml -f samples/curl/curl.yaml; done`;
  const how = withoutFile
    ? `in the folder of an Istio release: ${deploy}`
    : 'set spec.samples: true and run isthmus up';
  return unproven(`${what}; to prove it, ${how}`);
}

/** No pod of the sample client is ready: the check could not look, which is a failure. */
export function noClient({ spec }: MeshCluster, message: string): Outcome<Finding> {
  const fix = `kubectl --context {context} -n sample scale deployment/sleep --replicas=1`;
  const problem = { cluster: spec.name, object: 'Deployment sample/sleep', message, fix };
  return fail('no sleep pod is ready', [problem]);
}
