// Runs the Prisma CLI without the schema engine binary it would otherwise download: generate, validate and format are
// done in WebAssembly and only want the binary to exist.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const env = { ...process.env, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' };
if (!env.PRISMA_SCHEMA_ENGINE_BINARY) {
  const stand = ['/bin/true', '/usr/bin/true'].find(existsSync);
  if (stand && !process.argv.includes('migrate')) env.PRISMA_SCHEMA_ENGINE_BINARY = stand;
}
const cli = require.resolve('prisma/build/index.js');
const { status } = spawnSync(process.execPath, [cli, ...process.argv.slice(2)], { stdio: 'inherit', env });
process.exit(status ?? 1);
