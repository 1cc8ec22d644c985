import { relative } from 'node:path';
import type { App } from '../app.js';
import type { Config } from '../config.js';

interface Described {
  /** Where it takes requests. */
  url: string;
  /** How the command line is called; without it no command is told. */
  command: string | undefined;
}

/** What this process is, where its things lie, and what to try next: a line each. */
export function describeServer(app: App, { url, command }: Described): string[] {
  const { config, defaultTenant, context } = app;
  const place = config.dataDir === null ? null : shown(config.dataDir);
  const lines = [
    `Ringer ${app.version}`,
    `database  ${databaseOf(config, place)}`,
    `egress    ${config.egress.mode}: ${reachOf(config)}`,
  ];
  if (config.role !== 'all') lines.push(`role      ${config.role}: ${ROLES[config.role]}`);
  if (defaultTenant)
    lines.push(
      `tenant    default; its key ${place === null ? `is ${defaultTenant.key}` : `lies in ${place}/default-key`}`,
    );
  if (config.adminToken === null && place !== null)
    lines.push(`operator  the token lies in ${place}/admin-token`);
  if (!context.receiver || !defaultTenant) return lines;
  lines.push(`receiver  ${app.services.receiver.read(defaultTenant.id).url}`);
  const example = context.registry.list().find(({ secret }) => secret.value.use === 'required');
  // In memory leaves nothing in a folder by which the command line finds the server.
  const where = place === null ? `RINGER_URL=${url} RINGER_KEY=${defaultTenant.key} ` : '';
  if (example && command !== undefined)
    lines.push(`next      ${where}${command} subscriptions add --provider ${example.id} --to receiver`);
  return lines;
}

function shown(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

function databaseOf({ databaseUrl }: Config, place: string | null): string {
  if (databaseUrl !== null) return `PostgreSQL at ${new URL(databaseUrl).host}`;
  return place === null ? 'embedded, in memory: nothing is kept' : `embedded, in ${place}`;
}

function reachOf({ egress }: Config): string {
  const more = egress.allow.length > 0 ? ` and ${egress.allow.join(', ')}` : '';
  return egress.mode === 'local'
    ? `deliveries may go to this machine${more} and to public addresses`
    : `deliveries go to public addresses${more} only`;
}

const ROLES = {
  api: 'takes requests; a dispatcher elsewhere sends',
  dispatcher: 'sends; of the API only /healthz, /readyz, /metrics and /openapi.json are open',
};
