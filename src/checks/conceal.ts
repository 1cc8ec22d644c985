import { MASK } from '../lib/mask.js';

/** Shorter values come up by chance. */
const SHORTEST = 8;

/** Makes text fit for a report, which others read: a consumer may answer what it was sent, secrets among it. */
export function concealing(secrets: readonly string[]): (text: string) => string {
  const hidden = secrets
    .flatMap((secret) => [secret, secret.replace(/^whsec_/, ''), secret.replace(/^\S+ +/, '')])
    .filter(({ length }) => length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  return (text) => hidden.reduce((so, secret) => so.replaceAll(secret, MASK), text);
}
