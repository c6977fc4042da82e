import { images } from '../versions.ts';

/**
 * Digests of Istio's own images, by reference. Of an image that is not here the digest counts that its tag names
 * when it is pulled. The one of proxyv2 is what users of this version published that Docker Hub gave them (image
 * ids of running pods and `image:tag@digest` in several repositories); none was found of the others.
 */
export const pinnedDigests: Readonly<Record<string, string>> = {
  [images.proxy]: 'sha256:e3b973cce2442c2883188d8cf839dff8a21075fab0e00e5079df6ef28c9caf17',
};
