import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Compiled; handed on as it is. */
export type Program = object;

/** Node has it, its types do not. */
declare const WebAssembly: { compile(program: Uint8Array): Promise<Program> };

let compiling: Promise<Program | null> | null = null;

/**
 * The embedded database's program, 9 MB of WebAssembly, compiled once per process: in the background when it is asked for
 * early, while everything else is still being loaded.
 * @returns null where the package keeps its program elsewhere; it then finds and compiles it itself.
 */
export function compileEmbeddedProgram(): Promise<Program | null> {
  compiling ??= readProgram().then(
    (program) => WebAssembly.compile(program),
    () => null,
  );
  return compiling;
}

async function readProgram(): Promise<Uint8Array> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  return readFile(join(dirname(entry), 'pglite.wasm'));
}
