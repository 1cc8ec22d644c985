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
  let at = 0;
  const space = () => {
    while (/\s/.test(text[at] ?? '')) at++;
  };
  const string = (): string => {
    const start = at++;
    while (text[at] !== '"' && at < text.length) at += text[at] === '\\' ? 2 : 1;
    at++;
    return JSON.parse(text.slice(start, at)) as string;
  };
  const value = (path: string): void => {
    space();
    lines.set(path, lineAt(text, at));
    const inside = (key: string) => (path === '' ? key : `${path}.${key}`);
    if (text[at] === '{' || text[at] === '[') {
      const object = text[at] === '{';
      const end = object ? '}' : ']';
      at++;
      for (let i = 0; ; i++) {
        space();
        if (text[at] === ',') at++;
        space();
        if (text[at] === end || at >= text.length) break;
        if (!object) {
          value(inside(String(i)));
          continue;
        }
        const line = lineAt(text, at);
        const key = string();
        space();
        at++;
        value(inside(key));
        lines.set(inside(key), line);
      }
      at++;
    } else if (text[at] === '"') string();
    else while (at < text.length && !/[\s,\]}]/.test(text[at]!)) at++;
  };
  value('');
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
