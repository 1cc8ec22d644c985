import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import { invariant } from '../lib/invariant.js';

const BLOCK = 512;
const FOLDER = '5';
const FILE = new Set(['0', '\0']);

/** Writes the files and folders of a plain tar, empty folders too, below `target`. Only for archives of our own making. */
export function unpackTar(archive: Uint8Array, target: string): void {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  const made = new Set<string>();
  const ensure = (folder: string): void => {
    if (made.has(folder)) return;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    made.add(folder);
  };
  ensure(target);
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const text = (from: number, length: number) => textAt(bytes, at + from, length);
    const name = [text(345, 155), text(0, 100)].filter(Boolean).join('/');
    const size = Number.parseInt(text(124, 12) || '0', 8);
    const type = String.fromCharCode(bytes[at + 156]!);
    const path = join(target, normalize(`/${name}`));
    invariant(Number.isSafeInteger(size) && (path + sep).startsWith(target + sep), 'not a tar of ours');
    const from = at + BLOCK;
    if (type === FOLDER) ensure(path);
    else if (FILE.has(type)) {
      ensure(dirname(path));
      writeFileSync(path, bytes.subarray(from, from + size), { mode: 0o600 });
    }
    at = from + Math.ceil(size / BLOCK) * BLOCK;
  }
}

function textAt(bytes: Buffer, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end).trim();
}
