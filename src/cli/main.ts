#!/usr/bin/env node
import { run } from './run.ts';
import { shutdownSignal } from './shutdown.ts';

// A reader such as `head` that goes away early is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const { signal, dispose } = shutdownSignal(process.stderr);
const { stdin, stdout, stderr, env } = process;
process.exitCode = await run(process.argv.slice(2), { stdin, stdout, stderr, env, signal });
dispose();
