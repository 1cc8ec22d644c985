// A PostgreSQL server of this run's own, that can be stopped, restarted and filled up.
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort, undoAtExit } from './processes.mjs';

const HOME = '/usr/lib/postgresql';
const run = promisify(execFile);
const ROOT = userInfo().uid === 0;

/** PostgreSQL's programs refuse root. */
function command(name, args) {
  const version = existsSync(HOME)
    ? readdirSync(HOME)
        .sort((a, b) => Number(a) - Number(b))
        .at(-1)
    : undefined;
  if (!version) throw new Error('No PostgreSQL is installed: apt-get install postgresql.');
  const program = join(HOME, version, 'bin', name);
  return ROOT ? ['runuser', ['-u', 'postgres', '--', program, ...args]] : [program, args];
}

/** To whom PostgreSQL's own files must belong. */
export function giveToPostgres(folder) {
  if (!ROOT) return;
  const uid = Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' }));
  chownSync(folder, uid, uid);
}

/** With its defaults, fsync on, in a fresh folder on a free port. */
export async function startPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'ringer-torture-pg-'));
  giveToPostgres(folder);
  const data = join(folder, 'data');
  const port = await freePort();
  await run(...command('initdb', ['-D', data, '-U', 'ringer', '-A', 'trust']));
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c max_connections=200`;
  const control = (...args) => {
    const [program, all] = command('pg_ctl', ['-D', data, '-w', ...args]);
    // Nothing of ours is handed down: the server would keep a pipe open as long as it lives.
    return new Promise((done, fail) => {
      const child = spawn(program, all, { stdio: 'ignore' });
      child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`pg_ctl ${args[0]}: ${code}`))));
    });
  };
  const start = () => control('start', '-l', join(folder, 'log'), '-o', settings);
  const stop = (mode = 'immediate') => control('stop', '-m', mode);
  const urlOf = (name) => `postgresql://ringer@127.0.0.1:${port}/${name}`;
  await start();
  const gone = undoAtExit(() => {
    const [program, all] = command('pg_ctl', ['-D', data, '-m', 'immediate', 'stop']);
    spawnSync(program, all, { stdio: 'ignore' });
    rmSync(folder, { recursive: true, force: true });
  });
  let made = 0;
  return {
    port,
    folder,
    start,
    stop,
    /** @param more such as `TABLESPACE small`. */
    async database(more = '') {
      const name = `torture_${++made}`;
      await ask(urlOf('postgres'), `CREATE DATABASE ${name} ${more}`);
      return urlOf(name);
    },
    url: urlOf,
    system: (text) => ask(urlOf('postgres'), text),
    /** A streaming copy that every commit waits for from now on. */
    standby: () => startStandby({ folder, port, system: (text) => ask(urlOf('postgres'), text) }),
    async remove() {
      await stop().catch(() => {});
      gone();
      rmSync(folder, { recursive: true, force: true });
    },
    makeFolder(name) {
      const made = join(folder, name);
      mkdirSync(made);
      giveToPostgres(made);
      return made;
    },
  };
}

async function startStandby({ folder, port, system }) {
  const data = join(folder, 'standby');
  const own = await freePort();
  await run(
    ...command('pg_basebackup', [
      '-D',
      data,
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-U',
      'ringer',
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
    ]),
  );
  const settings = `-p ${own} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c max_connections=200`;
  const control = (...args) => {
    const [program, all] = command('pg_ctl', ['-D', data, '-w', ...args]);
    return new Promise((done, fail) => {
      const child = spawn(program, all, { stdio: 'ignore' });
      child.once('exit', (code) => (code === 0 ? done() : fail(new Error(`pg_ctl ${args[0]}: ${code}`))));
    });
  };
  await control('start', '-l', join(folder, 'standby-log'), '-o', settings);
  // Not before the copy was made: the promoted one must wait for nobody.
  await system("ALTER SYSTEM SET synchronous_standby_names = '*'");
  await system('SELECT pg_reload_conf()');
  const state = async () => (await system('SELECT sync_state FROM pg_stat_replication'))[0]?.sync_state;
  for (let looks = 0; (await state()) !== 'sync'; looks++) {
    if (looks > 300) throw new Error('the standby does not follow');
    await new Promise((done) => setTimeout(done, 100));
  }
  return {
    port: own,
    urlOf: (name) => `postgresql://ringer@127.0.0.1:${own}/${name}`,
    promote: () => control('promote'),
    remove: () => control('stop', '-m', 'immediate').catch(() => {}),
  };
}

/** One statement on a connection of its own, so that nothing here hangs on a server that comes and goes. */
export async function ask(url, text, values) {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}
