/** Line of a position in a text, from 1. */
export function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/**
 * Where each value of a JSON text begins, by its dotted path: a refusal that names a path can name a line.
 * The text has to be JSON.
 */
export function linesOf(text: string): Map<string, number> {
  const lines = new Map<string, number>();
  // Strings, brackets, and what else is a value; commas and colons say nothing that these do not.
  const tokens = [...text.matchAll(/"(?:\\.|[^"\\])*"|[[\]{}]|[^\s,:"[\]{}]+/g)];
  let at = 0;
  const value = (path: string, from: number): void => {
    lines.set(path, lineAt(text, from));
    const open = tokens[at++]![0];
    if (open !== '{' && open !== '[') return;
    for (let i = 0; !'}]'.includes(tokens[at]![0]); i++) {
      const { index } = tokens[at]!;
      const key = open === '{' ? JSON.parse(tokens[at++]![0]) : i;
      value(path === '' ? `${key}` : `${path}.${key}`, index);
    }
    at++;
  };
  value('', tokens[0]!.index);
  return lines;
}

/** The line of a path, or of the nearest thing around it. */
export function lineOf(lines: ReadonlyMap<string, number>, path: string): number | null {
  for (let part = path; ; part = part.slice(0, part.lastIndexOf('.'))) {
    const line = lines.get(part);
    if (line !== undefined) return line;
    if (!part.includes('.')) return lines.get('') ?? null;
  }
}

type Json = unknown;

/** RFC 7396: what turns one document into the other. Undefined where nothing does. */
export function mergePatch(from: Json, to: Json): Json | undefined {
  if (!isPlain(from) || !isPlain(to)) return JSON.stringify(from) === JSON.stringify(to) ? undefined : to;
  const patch: Record<string, Json> = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    const change = Object.hasOwn(from, key) ? mergePatch(from[key], value) : value;
    if (change !== undefined) patch[key] = change;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isPlain(value: Json): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
