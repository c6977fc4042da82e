import type { MeshFile } from '../schema/mesh-schema.ts';
import { carriedIstio, istioMinors } from '../versions.ts';
import type { Fault } from './fault.ts';

/** Images of local clusters are put together from the programs of one version, or pulled as that. */
export function istioFaults({ istio, clusters }: MeshFile['spec']): Fault[] {
  const { version } = istio;
  const local = clusters.find(({ provider }) => provider === 'local');
  if (!local || version === carriedIstio || version === istioMinors[0]) return [];
  return [
    {
      path: ['spec', 'istio', 'version'],
      message: `version "${version}" cannot run in cluster "${local.name}": the images of local clusters are of ${carriedIstio}`,
      hint: `write "${carriedIstio}", or let a mesh of ${version} have clusters of the providers eks and existing alone`,
    },
  ];
}
