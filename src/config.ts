import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseDuration } from './lib/duration.js';
import { plainIssue } from './lib/plain-issue.js';

/** The operator brought something unusable: said on stderr in one line, exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Everything the process takes from outside, parsed once. */
export interface Config {
  /** PostgreSQL 13 or newer; null = the embedded database. */
  databaseUrl: string | null;
  /** Folder of the embedded database and of the secrets made at first start; null = memory, keeps nothing. */
  dataDir: string | null;
  host: string;
  /** 0 = any free port. */
  port: number;
  role: 'all' | 'api' | 'dispatcher';
  /** Null = made and kept in the data folder. */
  adminToken: string | null;
  /** 32-byte keys, newest first; null = made and kept in the data folder. */
  secretKeys: readonly Uint8Array[] | null;
  egress: { mode: 'local' | 'public'; allow: readonly string[]; ca: string | null };
  /** Deliveries in flight in one dispatcher process, 1 to 10,000. */
  slots: number;
  /** Real days after which whole days of history are dropped, bodies or not. */
  historyDays: number;
  /** Real milliseconds a stop may take to let what is in flight finish; then it leaves, and that is sent again. */
  stopWithinMs: number;
}

const CIDR = /^([0-9a-fA-F:.]+)\/(\d{1,3})$/;

const integer = (from: number, to: number) => z.coerce.number().int().min(from).max(to);

const variables = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must start with postgresql://')
    .refine(
      isUrlWithHost,
      'must be a URL with one host, such as postgresql://user:password@host:5432/ringer; write # in a password as %23',
    )
    .optional(),
  RINGER_DATA_DIR: z.string().min(1).default('.ringer'),
  RINGER_HOST: z.string().min(1).default('127.0.0.1'),
  RINGER_PORT: integer(0, 65535).default(4700),
  RINGER_ROLE: z.enum(['all', 'api', 'dispatcher']).default('all'),
  RINGER_ADMIN_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  RINGER_SECRET_KEY: z.string().optional(),
  RINGER_EGRESS: z.enum(['local', 'public']).optional(),
  RINGER_EGRESS_ALLOW: z.string().default(''),
  RINGER_CA: z.string().optional(),
  RINGER_SLOTS: integer(1, 10_000).default(512),
  RINGER_HISTORY_DAYS: integer(1, 36_500).default(400),
  RINGER_STOP_WITHIN: z
    .string()
    .default('25s')
    .transform((text, ctx) => {
      const ms = parseDuration(text);
      if (ms !== null && ms > 0) return ms;
      ctx.addIssue({ code: 'custom', message: 'must be a duration such as 25s' });
      return z.NEVER;
    }),
});

/** The flags of the command line, each as a variable; they are read there. A test compares this list with the flags. */
export const FLAG_VARIABLES: readonly string[] = `
  AT BODY CONFIG CURSOR DATA DELAY EFFECTS ENVIRONMENT EVENT EVENT_ID FUZZ HEADER HEADERS JSON KEY LEVEL LIMIT LISTEN_HOST
  LISTEN_PORT MAX_IN_FLIGHT MAX_IN_FLIGHT_PER_ORIGIN NAME NEXT NOTIFY_URL ONLY OVERLAP PAYLOAD PRESET PROVIDER RATE RATE_LIMIT RAW
  READ_API REPORT RETENTION RETIRED_SECRET RUNS SAVE SCENARIO SCOPE SECRET SEED SENT SET SETTING SINCE SLUG STATUS STOP SUBSCRIPTION TENANT
  TIMEOUT TO TOLERANCE TYPE UNTIL UNTIL_IDLE URL VARIANT WAIT WIRE`
  .trim()
  .split(/\s+/)
  .map((name) => `RINGER_${name}`);

/**
 * @param env usually `process.env`; an empty string counts as absent.
 * @throws ConfigError naming the variable and what it may be; an unknown RINGER_ name is refused as a likely slip.
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, v]) => v !== undefined && v !== ''));
  const own = Object.keys(variables.shape);
  const known = new Set([...own, ...FLAG_VARIABLES]);
  const unknown = Object.keys(given).filter(
    (k) => k.startsWith('RINGER_') && !known.has(k) && !k.startsWith('RINGER_SECRET_'),
  );
  if (unknown.length > 0)
    throw new ConfigError(`Unknown variable ${unknown.join(', ')}; there are: ${own.join(', ')}.`);
  const parsed = variables.safeParse(given, { error: plainIssue });
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((i) => `${i.path.join('.')} ${lower(i.message)}`).join('; '),
    );
  }
  const v = parsed.data;
  // Deliveries verify whatever it says; the driver of the database would obey.
  if (v.DATABASE_URL && given.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    throw new ConfigError(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 would leave the certificate of the database unchecked: take it out, and name the authority as sslrootcert in DATABASE_URL.',
    );
  const memory = v.RINGER_DATA_DIR === 'memory:';
  return {
    databaseUrl: v.DATABASE_URL ?? null,
    dataDir: memory ? null : resolve(v.RINGER_DATA_DIR),
    host: v.RINGER_HOST,
    port: v.RINGER_PORT,
    role: v.RINGER_ROLE,
    adminToken: v.RINGER_ADMIN_TOKEN ?? null,
    secretKeys: v.RINGER_SECRET_KEY ? parseKeys(v.RINGER_SECRET_KEY) : null,
    egress: {
      mode: v.RINGER_EGRESS ?? (v.DATABASE_URL ? 'public' : 'local'),
      allow: parseCidrs(v.RINGER_EGRESS_ALLOW),
      ca: v.RINGER_CA ? readCa(v.RINGER_CA) : null,
    },
    slots: v.RINGER_SLOTS,
    historyDays: v.RINGER_HISTORY_DAYS,
    stopWithinMs: v.RINGER_STOP_WITHIN,
  };
}

/** The environment of this process: read here and nowhere else. */
export function processEnv(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** Written `old,new`, as one appends; newest first from here on. */
function parseKeys(text: string): Uint8Array[] {
  const keys = text.split(',').map((part) => {
    const key = Buffer.from(part.trim(), 'base64');
    if (key.length !== 32 || key.every((byte) => byte === key[0])) {
      throw new ConfigError(
        'RINGER_SECRET_KEY must be 32 random bytes in base64 (openssl rand -base64 32), or two, comma between.',
      );
    }
    return key;
  });
  return keys.reverse();
}

function isUrlWithHost(text: string): boolean {
  try {
    return new URL(text).hostname !== '';
  } catch {
    return false;
  }
}

function parseCidrs(text: string): string[] {
  const cidrs = text
    .split(',')
    .map((c) => c.trim())
    .filter(Boolean);
  for (const cidr of cidrs) {
    if (!isCidr(cidr))
      throw new ConfigError(`RINGER_EGRESS_ALLOW has "${cidr}", which is no CIDR such as 10.1.0.0/16.`);
    if (cidr.endsWith('/0'))
      throw new ConfigError(
        `RINGER_EGRESS_ALLOW has "${cidr}": opening every address is refused; name the networks you mean.`,
      );
  }
  return cidrs;
}

function isCidr(text: string): boolean {
  const [, address = '', bits] = CIDR.exec(text) ?? [];
  const family = isIP(address);
  return family !== 0 && Number(bits) <= (family === 4 ? 32 : 128);
}

function readCa(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new ConfigError(`RINGER_CA names "${path}", which cannot be read.`);
  }
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
