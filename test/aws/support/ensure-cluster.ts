import { eksProvider } from '../../../src/eks/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { meshOf } from './stacks.ts';

// A process of its own, so that a test can kill it in the middle: arguments are a mesh's and a cluster's name.
const [mesh = '', cluster = ''] = process.argv.slice(2);
const topology = meshOf(mesh, [cluster]);
const context = { topology, reporter: silentReporter, signal: new AbortController().signal };
const [spec] = topology.clusters;
if (spec) await eksProvider().ensure(context, spec);
