import type { KubeConnection } from '../types.ts';

/** The same API server by the same way, but as whom the token stands for. */
export const connectionWithToken = (connection: KubeConnection, token: string): KubeConnection => ({
  ...connection,
  config: connection.config.withToken(token),
});
