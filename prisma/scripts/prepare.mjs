// Makes everything a clone needs to run: the generated Prisma client, dist/, and the ready data folder in it. Run by
// `npm ci` and by `npm run build`; what did not change since the last time is left as it is.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildPage } from './page.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const at = (...parts) => join(root, ...parts);
const require = createRequire(import.meta.url);
const TEMPLATE = ['embedded-template.tar', 'embedded-template.key'];
const KEPT = [...TEMPLATE, 'dashboard', 'dashboard.key'];

async function build() {
  if (!existsSync(at('src'))) return;
  if (!canResolve('typescript/package.json') || !canResolve('prisma/package.json')) {
    // `npm ci --omit=dev` in a clone that is built already.
    if (existsSync(at('dist', 'main.js'))) return;
    fail('dist/ is not built and the tools that build it are not installed. Run npm ci without --omit=dev.');
  }
  generate();
  clearDist();
  compile('prisma/tsconfig.build.json');
  if (existsSync(at('seed'))) compile('prisma/tsconfig.seed.json');
  chmodSync(at('dist', 'cli', 'bin.js'), 0o755);
  await buildPage();
  await makeTemplate();
}

function generate() {
  const key = digest([readFileSync(at('prisma', 'schema.prisma')), versionOf('prisma')]);
  const stamp = at('src', 'generated', 'key');
  if (isFresh(stamp, key) && existsSync(at('src', 'generated', 'prisma', 'client.ts'))) return;
  run(process.execPath, [at('prisma', 'scripts', 'prisma.mjs'), 'generate']);
  writeFileSync(stamp, key);
}

function clearDist() {
  mkdirSync(at('dist'), { recursive: true });
  for (const name of readdirSync(at('dist'))) {
    if (!KEPT.includes(name)) rmSync(at('dist', name), { recursive: true, force: true });
  }
}

function compile(project) {
  const { bin } = require('typescript/package.json');
  const tsc = join(require.resolve('typescript/package.json'), '..', typeof bin === 'string' ? bin : bin.tsc);
  run(process.execPath, [tsc, '-p', at(project)]);
}

/**
 * An initialised and migrated database as one file: a first start unpacks it instead of making its own. One file, because
 * npm leaves empty folders out of a package, and the database wants all of its own.
 */
async function makeTemplate() {
  const [tar, stamp] = TEMPLATE.map((name) => at('dist', name));
  const compiled = (path) => import(pathToFileURL(at('dist', path)).href);
  const { readMigrations, migrate } = await compiled('store/migrate.js');
  const recipe = [
    readFileSync(fileURLToPath(import.meta.url)),
    readFileSync(at('dist', 'store', 'embedded.js')),
    versionOf('@electric-sql/pglite'),
  ];
  const key = digest([...recipe, ...readMigrations().map(({ checksum }) => checksum)]);
  if (isFresh(stamp, key) && existsSync(tar)) return;
  for (const path of [tar, stamp]) rmSync(path, { force: true });
  const { openDatabase } = await compiled('store/database.js');
  const folder = mkdtempSync(join(tmpdir(), 'ringer-template-'));
  try {
    const database = await openDatabase({ url: null, dir: join(folder, 'db') });
    await migrate(database.pool);
    // The databases that new ones are made from: nobody makes one, and without them a first start writes half as much.
    await database.pool.query("UPDATE pg_database SET datistemplate = false WHERE datname LIKE 'template_'");
    for (const name of ['template0', 'template1']) await database.pool.query(`DROP DATABASE ${name}`);
    await database.pool.query('CHECKPOINT');
    await database.close();
    writeFileSync(tar, packTar(join(folder, 'db')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  writeFileSync(stamp, key);
}

/** A plain tar of everything below a folder. */
function packTar(folder) {
  const blocks = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).replaceAll('\\', '/');
    if (entry.isDirectory()) blocks.push(tarHeader(`${name}/`, 0, '5'));
    if (!entry.isFile() || name === 'postmaster.pid') continue;
    const bytes = readFileSync(path);
    const padding = Buffer.alloc((512 - (bytes.length % 512)) % 512);
    blocks.push(tarHeader(name, bytes.length, '0'), bytes, padding);
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function tarHeader(name, size, type) {
  if (Buffer.byteLength(name) > 100) fail(`${name} is too long for the archive of the ready data folder.`);
  const header = Buffer.alloc(512);
  const octal = (value, length) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(name, 0);
  header.write(octal(type === '5' ? 0o700 : 0o600, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(' '.repeat(8), 148);
  header.write(`${type}`, 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function run(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status === 0) return;
  fail(`${[stdout, stderr, error?.message].filter(Boolean).join('\n')}\nThe build failed: ${args.join(' ')}`);
}

function digest(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex');
}

function isFresh(stamp, key) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === key;
}

function versionOf(name) {
  return JSON.parse(readFileSync(at('node_modules', name, 'package.json'), 'utf8')).version;
}

function canResolve(name) {
  try {
    return Boolean(require.resolve(name));
  } catch {
    return false;
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

await build();
