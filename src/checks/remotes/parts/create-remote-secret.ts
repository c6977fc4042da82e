/**
 * By hand, how a peer's remote secret is made anew. istioctl writes it for the namespace of the peer's own istiod,
 * and it belongs into that of the holder's.
 */
export const createRemoteSecret =
  'istioctl create-remote-secret --context {peerContext} --name {peer}{peerInNamespace} | kubectl --context {context} apply -f -';
