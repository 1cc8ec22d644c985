import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Where the server of a data folder listens, for clients on the same machine. A killed server leaves it behind: whoever
 * reads it asks the address who is there before trusting it.
 */
export interface ServerFile {
  url: string;
  version: string;
  /** Slug of the tenant whose key lies beside it; null on a database of one's own. */
  tenant: string | null;
}

const NAME = 'server.json';

export function writeServerFile(folder: string, content: ServerFile): void {
  writeFileSync(join(folder, NAME), `${JSON.stringify(content)}\n`, { mode: 0o600 });
}

/** Null when there is none, or none that can be read. */
export function readServerFile(folder: string): ServerFile | null {
  try {
    const { url, version, tenant } = JSON.parse(
      readFileSync(join(folder, NAME), 'utf8'),
    ) as Partial<ServerFile>;
    if (typeof url !== 'string' || typeof version !== 'string') return null;
    return { url, version, tenant: typeof tenant === 'string' ? tenant : null };
  } catch {
    return null;
  }
}

/** Leaves another server's file alone. */
export function removeServerFile(folder: string, url: string): void {
  if (existsSync(join(folder, NAME)) && readServerFile(folder)?.url === url)
    rmSync(join(folder, NAME), { force: true });
}
