#!/usr/bin/env node
import { processEnv } from '../config.js';
import { run } from './program.js';
import { processShell } from './shell.js';

// The reader went away: what is left to say has no one to say it to.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const argv = process.argv.slice(2);
const env = processEnv();
process.exitCode = await run(
  argv,
  processShell(argv.includes('--no-color') ? { ...env, NO_COLOR: '1' } : env),
);
