import { readFileSync } from 'node:fs';
import { Controller, type ControllerConfig } from './load-balancer/controller.ts';

/** Entry of the supervised controller: `load-balancer-main CONFIG`, ended by a signal. */
const path = process.argv[2] ?? '';
const stated = JSON.parse(readFileSync(path, 'utf8')) as ControllerConfig;
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
// A failure ends the process; its supervisor starts it anew with nothing lost.
await new Controller({ ...stated, kubeconfig: readFileSync(stated.kubeconfig, 'utf8') }).run(stop.signal);
