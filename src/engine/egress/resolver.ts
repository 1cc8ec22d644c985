import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isLocalhost } from './judge-url.js';

/** All addresses of a name, IPv4 first; rejects with a code (`ENOTFOUND`, `EAI_AGAIN` …) when there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

const LOOPBACK = ['127.0.0.1', '::1'];

/** The system's resolver: /etc/hosts, container networks and DNS, as every other program on the machine sees them. */
export const systemResolve: Resolve = async (hostname) => {
  // IPv4 first: a broken IPv6 route is common, a broken IPv4 one is noticed.
  const answers = await lookup(hostname, { all: true, order: 'ipv4first' });
  return answers.map((answer) => answer.address);
};

/**
 * Literals stay as they are and `localhost` is loopback, whatever a resolver says (RFC 6761). Equal questions that are
 * asked at once share one answer: lookups run on four threads, and one slow domain must not take them all.
 */
export function createResolver(resolve: Resolve): Resolve {
  const asking = new Map<string, Promise<readonly string[]>>();
  return (hostname) => {
    if (isIP(hostname) !== 0) return Promise.resolve([hostname]);
    if (isLocalhost(hostname)) return Promise.resolve(LOOPBACK);
    let answer = asking.get(hostname);
    if (!answer) {
      answer = resolve(hostname).finally(() => asking.delete(hostname));
      asking.set(hostname, answer);
    }
    return answer;
  };
}
