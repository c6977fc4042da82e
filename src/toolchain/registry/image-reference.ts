import { isLoopback } from '../sources/published-checksum.ts';

/** Where an image is: `docker.io/istio/pilot:1.31.0` in its parts. */
export interface ImageReference {
  /** As pods name it. */
  readonly name: string;
  /** Base address of the registry. */
  readonly endpoint: string;
  /** `istio/pilot` */
  readonly repository: string;
  readonly tag: string;
}

/** Docker's own registry, or the one with the same images that the environment names. */
const dockerEndpoint = () =>
  (process.env['ISTHMUS_DOCKER_MIRROR'] || 'https://registry-1.docker.io').replace(/\/$/, '');

/**
 * The parts of a reference with a tag, as Docker reads it: without a host it is of docker.io, and a registry
 * on this machine is asked without TLS.
 */
export function imageReference(name: string): ImageReference {
  const colon = name.lastIndexOf(':');
  const [head = '', ...rest] = name.slice(0, colon).split('/');
  const tag = name.slice(colon + 1);
  const isHost = /[.:]/.test(head) || head === 'localhost';
  if (!isHost || head === 'docker.io')
    return {
      name,
      endpoint: dockerEndpoint(),
      repository: (isHost ? rest : [head, ...rest]).join('/'),
      tag,
    };
  const { hostname } = new URL(`https://${head}`);
  const endpoint = `${isLoopback(hostname) ? 'http' : 'https'}://${head}`;
  return { name, endpoint, repository: rest.join('/'), tag };
}
