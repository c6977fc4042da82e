import { drop, type Fault, overriding, pod } from './fault.ts';

export const trafficFaults: readonly Fault[] = [
  {
    id: 'sync',
    what: 'a proxy lacks endpoints',
    inject: overriding('eks-2', ({ command }) =>
      command.at(-1)?.startsWith('clusters') ? { stdout: '{}' } : undefined,
    ),
    cluster: 'eks-2',
    object: /^Pod sample\/sleep/,
  },
  {
    id: 'traffic',
    what: 'one cluster never answers',
    inject: overriding('eks-2', ({ command }) =>
      command[0] === 'curl' ? { stdout: onlyFrom('v2', command.at(-1) ?? '') } : undefined,
    ),
    cluster: 'eks-1',
    object: /^$/,
  },
  {
    id: 'traffic',
    what: 'no client is there',
    inject: drop(['v1', 'Pod'], 'sample', pod('sleep')),
    cluster: 'eks-2',
    object: /^Deployment sample\/sleep$/,
  },
  {
    id: 'traffic',
    what: 'the Service is gone while its pods run',
    inject: drop(['v1', 'Service'], 'sample', 'helloworld'),
    cluster: 'eks-2',
    object: /^Service sample\/helloworld$/,
  },
  {
    id: 'traffic',
    what: 'the first measurement differs and the second does not',
    inject: (mesh) => {
      let left = 3;
      mesh.member('eks-2').override = ({ command }) =>
        command[0] === 'curl' && left-- > 0 ? { stdout: onlyFrom('v2', command.at(-1) ?? '') } : undefined;
    },
    status: 'warn',
    cluster: 'eks-1',
    object: /^$/,
  },
];

function onlyFrom(version: string, url: string): string {
  const count = Number(/\[1-(\d+)\]$/.exec(url)?.[1]);
  return `Hello version: ${version}, instance: ${pod(`helloworld-${version}`)}\n\u001e200 0.002 \n\u001e`.repeat(
    count,
  );
}
