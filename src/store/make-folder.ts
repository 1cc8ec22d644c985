import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../config.js';

/** A folder of this user's own that can be written. @throws ConfigError */
export function makeFolder(path: string): void {
  try {
    make(path);
    accessSync(path, constants.W_OK);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw unusable(path, why);
  }
  if (!statSync(path).isDirectory()) throw unusable(path, 'it is a file');
}

/** One level after the other: below folders such as /proc Node's own `recursive` never comes back. */
function make(path: string): void {
  if (existsSync(path)) return;
  make(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(path)) throw error;
  }
}

function unusable(path: string, why: string): ConfigError {
  return new ConfigError(
    `The data folder ${path} cannot be used (${why}). Set RINGER_DATA_DIR to one that can be written.`,
  );
}
