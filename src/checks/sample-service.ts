import { SAMPLE_NAMESPACE, type ServiceRef } from '../istio/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { fail, type Outcome } from '../report/index.ts';

/** The service that every cluster of a mesh with samples answers. */
export const sampleService: ServiceRef = { namespace: SAMPLE_NAMESPACE, name: 'helloworld', port: 5000 };

export const sampleUrl = `http://${sampleService.name}.${sampleService.namespace}:${sampleService.port}/hello`;

export const noSamples = 'the mesh has no samples (spec.samples: false), so there is no service to look at';

/** No pod of the sample client is ready: the check could not look, which is a failure. */
export function noClient({ spec }: MeshCluster, message: string): Outcome {
  const fix = `kubectl --context ${spec.name} -n sample scale deployment/sleep --replicas=1`;
  const problem = { cluster: spec.name, object: 'Deployment sample/sleep', message, fix };
  return fail('no sleep pod is ready', [problem]);
}
