import type { KubeConnection } from '../types.ts';
import type { UserEntry } from './configuration.ts';

/** The same API server by the same way, but as somebody else. */
export const connectionAs = (connection: KubeConnection, user: Omit<UserEntry, 'name'>): KubeConnection => ({
  ...connection,
  config: connection.config.withUser({ name: connection.config.user.name, ...user }),
});
