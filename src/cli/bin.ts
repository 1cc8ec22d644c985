#!/usr/bin/env node
import { processEnv } from '../config.js';
import { run } from './program.js';
import { processShell } from './shell.js';

const argv = process.argv.slice(2);
const env = processEnv();
process.exitCode = await run(
  argv,
  processShell(argv.includes('--no-color') ? { ...env, NO_COLOR: '1' } : env),
);
