// Loaded into isthmus by NODE_OPTIONS: public names of the cloud that is played here are known to this server.
import { setServers } from 'node:dns';

setServers([process.env.ISTHMUS_FAULT_NAMES]);
