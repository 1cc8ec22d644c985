import type { Shot } from './contract.js';

/** Of common languages: Node, Java, Python, Go, Ruby, PHP, .NET. */
const TRACES = [
  /^\s*at .+\(?.+:\d+:\d+\)?/m,
  /^\s*at [\w$.]+\([\w$]+\.(java|kt|scala):\d+\)/m,
  /Traceback \(most recent call last\)/,
  /File "[^"]+", line \d+/,
  /goroutine \d+ \[/,
  /[\w/.-]+\.rb:\d+:in /,
  /(Stack trace:|#\d+ \/.+\.php\(\d+\))/,
  /^\s*at [\w.<>]+\(.*\) in .+:line \d+/m,
  /at (?:file:\/\/)?\/[^\s()]+\.[cm]?[jt]s:\d+:\d+/,
];
/** Shorter values come up by chance. */
const SHORTEST = 8;

/** What an answer gives away that nobody should be told. Pure. */
export function leaks({ request, response, rightSignatures }: Shot, secrets: readonly string[]): string[] {
  if (response === null) return [];
  const headers = response.headers.map(([name, value]) => `${name}: ${value}`).join('\n');
  // JSON may have escaped what it quotes.
  const text = `${headers}\n${response.body}`
    .replace(/\\n/g, '\n')
    .replace(/\\\//g, '/')
    .replace(/\\"/g, '"');
  const has = (value: string) => value.length >= SHORTEST && text.includes(value);
  const digests = rightSignatures.flatMap((value) =>
    value.split(/[ ,]/).flatMap((part) => [part, part.replace(/^[^=,]{1,10}[=,]/, '')]),
  );
  // What came with the request itself is no news.
  const known = request.headers.map(([, value]) => value).join('\n');
  const bare = secrets.flatMap((secret) => [secret, secret.replace(/^whsec_/, '')]);
  return [
    ...(bare.some(has) ? ['the secret'] : []),
    ...(digests.filter((digest) => !known.includes(digest)).some(inAnyForm(text))
      ? ['the right signature']
      : []),
    ...(TRACES.some((trace) => trace.test(text)) ? ['a stack trace'] : []),
  ];
}

/** A digest gives itself away in hex and in base64. */
function inAnyForm(text: string): (digest: string) => boolean {
  const lower = text.toLowerCase();
  return (digest) => {
    if (digest.length < SHORTEST * 2) return false;
    const isHex = /^[0-9a-f]{32,}$/i.test(digest);
    const bytes = Buffer.from(digest, isHex ? 'hex' : 'base64');
    if (bytes.length < SHORTEST) return false;
    return (
      lower.includes(bytes.toString('hex')) || text.includes(bytes.toString('base64').replace(/=+$/, ''))
    );
  };
}
