// PgBouncer in transaction mode, as Debian has it, in front of a server of this run's own.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ask, giveToPostgres } from './postgres.mjs';
import { freePort } from './processes.mjs';
import { until } from './scene.mjs';

const PROGRAM = '/usr/sbin/pgbouncer';

/** What the sessions of a pooler cannot bring along; an operator sets it for the role. */
export const ROLE_SETTINGS = {
  timezone: "'UTC'",
  statement_timeout: "'10s'",
  lock_timeout: "'10s'",
  idle_in_transaction_session_timeout: "'30s'",
};

/** @param port of the PostgreSQL behind it. */
export async function startPgBouncer(port, { poolSize = 10 } = {}) {
  if (!existsSync(PROGRAM)) throw new Error('No PgBouncer is installed: apt-get install pgbouncer.');
  const folder = mkdtempSync(join(tmpdir(), 'ringer-torture-bouncer-'));
  const listen = await freePort();
  const users = join(folder, 'users');
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(users, '"ringer" ""\n');
  writeFileSync(
    file,
    `[databases]
* = host=127.0.0.1 port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
pool_mode = transaction
auth_type = trust
auth_file = ${users}
max_client_conn = 500
default_pool_size = ${poolSize}
`,
  );
  giveToPostgres(folder);
  const root = userInfo().uid === 0;
  const args = ['-q', file];
  const child = root
    ? spawn('runuser', ['-u', 'postgres', '--', PROGRAM, ...args], { stdio: 'ignore' })
    : spawn(PROGRAM, args, { stdio: 'ignore' });
  const urlOf = (name) => `postgresql://ringer@127.0.0.1:${listen}/${name}`;
  await until('PgBouncer answers', () => ask(urlOf('postgres'), 'SELECT 1').catch(() => null), 30_000, 100);
  return {
    /** As Ringer is told of it. */
    urlOf: (name) => `${urlOf(name)}?pgbouncer=true`,
    remove() {
      child.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
