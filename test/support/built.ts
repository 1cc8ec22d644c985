import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why the built program cannot be tested, or null. */
    staleBuild: string | null;
  }
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['src', 'seed', 'prisma/migrations'];

/** Looked at once, before any test; only tests of the built program care. */
export default function setup(project: TestProject): void {
  project.provide('staleBuild', staleBuild());
}

/** For `beforeAll` of tests that run the built program. */
export function requireBuilt(): void {
  const stale = inject('staleBuild');
  if (stale !== null) throw new Error(stale);
}

function staleBuild(): string | null {
  const built = join(ROOT, 'dist', 'index.js');
  if (!existsSync(built)) return 'dist/ is not built: run npm run build, then the tests again.';
  const builtMs = statSync(built).mtimeMs;
  const newer = SOURCES.flatMap((folder) => filesIn(join(ROOT, folder))).find(
    (file) => !file.includes('/generated/') && statSync(file).mtimeMs > builtMs,
  );
  return newer
    ? `dist/ is older than ${relative(ROOT, newer)}: run npm run build, then the tests again.`
    : null;
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
