import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src/', import.meta.url));

/** Left to right: a room imports itself and what stands before it. Rooms of one rank do not know each other. */
const RANKS: string[][] = [
  ['generated'],
  ['lib', 'errors', 'config'],
  ['providers', 'store'],
  ['engine'],
  ['services'],
  ['checks'],
  ['http'],
  ['app'],
  ['start'],
  ['library'],
  ['index'],
  ['cli', 'main'],
  ['dashboard'],
];
const WITHIN_RANK = new Set(['errors>lib', 'config>lib', 'config>errors', 'lib>errors']);

interface Source {
  path: string;
  room: string;
  text: string;
  imports: { target: string; typeOnly: boolean }[];
}

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('generated/'))
  .map(readSource);

function readSource(path: string): Source {
  const text = readFileSync(join(SRC, path), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'"`;]*?from\s+'(\.[^']+)'|import\('(\.[^']+)'\)/gms,
  );
  const imports = [...statements].map(([, type, from, dynamic]) => ({
    target: fileAt(relative(SRC, resolve(SRC, dirname(path), (from ?? dynamic)!))),
    typeOnly: type !== undefined,
  }));
  return { path, room: roomOf(path), text, imports };
}

function fileAt(target: string): string {
  const source = target.replace(/\.js$/, '.ts');
  return existsSync(join(SRC, `${source}x`)) ? `${source}x` : source;
}

function roomOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : path.replace(/\.tsx?$/, '');
}

const rankOf = (room: string) => RANKS.findIndex((rank) => rank.includes(room));

/** Code without comments and without the text of strings, where words may stand for anything. */
function codeOf({ text }: Source): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/.*$/gm, '');
}

describe('the house', () => {
  it('has a place for every room', () => {
    expect(sources.filter(({ room }) => rankOf(room) < 0).map(({ path }) => path)).toEqual([]);
  });

  it('has no import to the right', () => {
    const wrong = sources.flatMap(({ path, room, imports }) =>
      imports
        .filter(({ target }) => {
          const other = roomOf(target);
          if (other === room) return false;
          return (
            rankOf(other) > rankOf(room) ||
            (rankOf(other) === rankOf(room) && !WITHIN_RANK.has(`${room}>${other}`))
          );
        })
        .map(({ target }) => `${path} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no import that leads nowhere or in a circle', () => {
    const known = new Map(sources.map((source) => [source.path, source]));
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (path: string, trail: string[]) => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
        return;
      }
      state.set(path, 'open');
      for (const { target, typeOnly } of known.get(path)?.imports ?? []) {
        if (!typeOnly && known.has(target)) visit(target, [...trail, path]);
      }
      state.set(path, 'done');
    };
    for (const { path } of sources) visit(path, []);
    expect(circles).toEqual([]);
  });

  it('keeps the store to the database: nobody else imports Prisma or pg', () => {
    const outside = sources
      .filter(({ room }) => room !== 'store')
      .filter((source) =>
        /^import (?!type)[^;]*from '(?:pg|@prisma\/[^']+|@electric-sql\/[^']+)'/ms.test(source.text),
      )
      .map(({ path }) => path);
    expect(outside).toEqual([]);
  });

  it('keeps http away from the store, and the command line to the library', () => {
    const wrong = sources.flatMap(({ path, room, imports }) =>
      imports
        .map(({ target }) => roomOf(target))
        .filter(
          (target) =>
            (room === 'http' && target === 'store') ||
            (room === 'cli' && ['store', 'engine', 'services', 'http', 'app'].includes(target)),
        )
        .map((target) => `${path} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps the page to the public API: of the rest it takes the types of the schemas alone', () => {
    const wrong = sources
      .filter(({ room }) => room === 'dashboard')
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => roomOf(target) !== 'dashboard')
          .filter(
            ({ target, typeOnly }) => !(typeOnly && /^(services\/schemas\/|checks\/schemas\.)/.test(target)),
          )
          .map(({ target }) => `${path} -> ${target}`),
      );
    expect(wrong).toEqual([]);
    const asked = sources.filter(
      ({ room, imports }) =>
        room !== 'dashboard' && imports.some(({ target }) => target.startsWith('dashboard/')),
    );
    expect(asked.map(({ path }) => path)).toEqual([]);
  });

  it('keeps providers apart from each other, from Express, Prisma and the wire', () => {
    const folders = readdirSync(join(SRC, 'providers'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !['signing', 'retry'].includes(entry.name))
      .map((entry) => entry.name);
    expect(folders.length).toBeGreaterThanOrEqual(5);
    const wrong = sources
      .filter(({ path }) => path.startsWith('providers/'))
      .flatMap(({ path, text, imports }) => {
        const mine = path.split('/')[1];
        const others = imports
          .map(({ target }) => target)
          .filter((t) => folders.some((f) => f !== mine && t.startsWith(`providers/${f}/`)));
        const io = /from '(?:express|undici|node:(?:http|https|net|tls|child_process))'/.test(text)
          ? ['I/O']
          : [];
        return [...others, ...io].map((what) => `${path} -> ${what}`);
      });
    expect(wrong).toEqual([]);
    const names = new RegExp(`['"\`/](?:${folders.join('|')})['"\`/]`, 'i');
    const named = sources
      .filter((s) => !s.path.startsWith('providers/') && names.test(codeOf(s)))
      .map(({ path }) => path);
    expect(named, 'the core names no provider').toEqual([]);
  });

  it('asks for time, randomness and the environment in one place each', () => {
    const rules: [RegExp, (path: string) => boolean][] = [
      [/\bprocess\.env\b/, (path) => path === 'config.ts'],
      [/\bDate\.now\b/, (path) => path.startsWith('lib/') || path.startsWith('dashboard/state/')],
      [/\bnew Date\(\)/, (path) => path.startsWith('lib/')],
      [/\bMath\.random\b/, (path) => path.startsWith('lib/')],
      [/\brandomUUID\(/, (path) => path.startsWith('lib/') || path === 'store/migrate.ts'],
      [
        /\bperformance\.now\b/,
        (path) =>
          path.startsWith('dashboard/state/') || path.startsWith('lib/') || path === 'store/data-dir.ts',
      ],
      [/\bfetch\(/, (path) => path === 'dashboard/state/api.ts'],
    ];
    const wrong = sources.flatMap((source) =>
      rules
        .filter(([pattern, allowed]) => !allowed(source.path) && pattern.test(codeOf(source)))
        .map(([pattern]) => `${source.path}: ${pattern}`),
    );
    expect(wrong).toEqual([]);
  });

  it('waits by timers that nobody else can stop, and for no tick', () => {
    const waiting = /(?<![.\w])(?:set|clear)(?:Timeout|Interval|Immediate)\(|\bqueueMicrotask\(/;
    const wrong = sources
      .filter(({ path }) => !path.startsWith('dashboard/') && !path.startsWith('generated/'))
      .filter((source) => {
        const code = codeOf(source);
        const own = /from '[./]+\/lib\/timers\.js'/.test(code);
        return (waiting.test(code) && !own) || /\bnextTick\b|\bfindUnique|\.\$transaction\(/.test(code);
      });
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('keeps files short', () => {
    const lengths = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .sort((a, b) => a.lines - b.lines);
    expect(lengths.filter(({ lines }) => lines > 400)).toEqual([]);
    expect(lengths[Math.floor(lengths.length / 2)]!.lines).toBeLessThanOrEqual(120);
  });

  it('has no room named after nothing', () => {
    const vague = sources.filter(({ path }) =>
      /(^|\/)(utils?|helpers?|common|manager|types|misc)(\.ts|\/)/.test(path),
    );
    expect(vague.map(({ path }) => path)).toEqual([]);
  });
});
