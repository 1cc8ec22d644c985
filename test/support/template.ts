import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '../../src/store/database.js';
import { migrate } from '../../src/store/migrate.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A dump of the migrated embedded database, cloned by every test file; null on a server. */
    templateDump: string | null;
    /** A server to run on, with its migrated template database; null = embedded. */
    server: { url: string; template: string } | null;
  }
}

/** One migrated template for the whole run: what a test file needs is a clone of it, not a migration of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env.TEST_DATABASE_URL;
  return url ? onServer(project, url) : embedded(project);
}

async function embedded(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'ringer-template-'));
  const file = join(folder, 'template.tar');
  const db = await openDatabase({ url: null, dir: null, from: null });
  await migrate(db.pool);
  writeFileSync(file, Buffer.from(await (await db.dump()).arrayBuffer()));
  await db.close();
  project.provide('templateDump', file);
  project.provide('server', null);
  return async () => rmSync(folder, { recursive: true, force: true });
}

async function onServer(project: TestProject, url: string): Promise<() => Promise<void>> {
  const template = `ringer_template_${process.pid}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${template}`);
  const db = await openDatabase({ url: withDatabase(url, template), dir: null });
  await migrate(db.pool);
  await db.close();
  project.provide('templateDump', null);
  project.provide('server', { url, template });
  return async () => {
    await admin.query(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await admin.end();
  };
}

export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
