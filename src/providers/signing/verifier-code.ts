import type { Profile, SignatureRule, TimestampRule } from '../contract.js';
import { signatureRule } from './verify.js';

/** Of the consumer's clock, in its code; none of ours is asked. */
const NOW = ['Date', 'now()'].join('.');
const TOLERANCE_MS = '300_000';

const SAME = `function same(a, b) {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
`;

/** JavaScript that a consumer verifies requests of this provider with, from the profile's own data; null where nothing proves them. */
export function verifierCode(profile: Profile): string | null {
  const auth = profile.auth.value;
  if (auth.kind === 'sharedKey') return keyCode(auth.header);
  const rule = signatureRule(profile);
  return rule && signatureCode(profile, rule);
}

function keyCode(header: string): string {
  return `import { timingSafeEqual } from 'node:crypto';

/** headers: by their names in lower case */
export function isGenuine(headers, body, key) {
  return same(${headerOf(header)}, key);
}

${SAME}`;
}

function signatureCode(profile: Profile, rule: SignatureRule): string {
  const { header, encoding, prefix, content, separator, key } = rule;
  const stamp = profile.policies.timestamp.value;
  const id = profile.eventId.value;
  const before = content
    .replace('{body}', '')
    .replace('{id}', () => (id.kind === 'header' ? `\${${headerOf(id.header)}}` : ''))
    .replace('{timestamp}', () => (stamp.kind === 'none' ? '' : `\${${headerOf(stamp.header)}}`));
  const timed = stamp.kind !== 'none' && content.includes('{timestamp}');
  const lines = [
    `const key = ${key === 'utf8' ? 'secret' : "Buffer.from(secret.replace(/^whsec_/, ''), 'base64')"};`,
    `const hmac = createHmac('sha256', key)${before === '' ? '' : `.update(\`${before}\`)`}.update(body);`,
    `const expected = ${prefix === '' ? '' : `'${prefix}' + `}hmac.digest('${encoding}');`,
    ...(timed
      ? [
          `const ageMs = ${NOW} - ${instantOf(stamp)};`,
          `if (!(Math.abs(ageMs) < ${TOLERANCE_MS})) return false;`,
        ]
      : []),
    separator === ''
      ? `return same(${headerOf(header)}, expected);`
      : `return ${headerOf(header)}.split('${separator}').some((one) => same(one, expected));`,
  ];
  return `import { createHmac, timingSafeEqual } from 'node:crypto';

/** headers: by their names in lower case; body: the bytes as they came, before anything parses them */
export function isGenuine(headers, body, secret) {
${lines.map((line) => `  ${line}`).join('\n')}
}

${SAME}`;
}

/** In the code: one that is missing fits nothing. */
function headerOf(name: string): string {
  return `String(headers['${name.toLowerCase()}'])`;
}

/** In the code: milliseconds since 1970. */
function instantOf(stamp: Extract<TimestampRule, { header: string }>): string {
  const text = headerOf(stamp.header);
  if (stamp.format === 'unixSeconds') return `Number(${text}) * 1000`;
  return stamp.format === 'unixMillis' ? `Number(${text})` : `Date.parse(${text})`;
}
