import { SAMPLE_NAMESPACE, type ServiceRef } from '../istio/index.ts';

/** The service that every cluster of a mesh with samples answers. */
export const sampleService: ServiceRef = { namespace: SAMPLE_NAMESPACE, name: 'helloworld', port: 5000 };

export const sampleUrl = `http://${sampleService.name}.${sampleService.namespace}:${sampleService.port}/hello`;

export const noSamples = 'the mesh has no samples (spec.samples: false), so there is no service to look at';
