import { isIP } from 'node:net';
import type { HttpsRule } from '../../providers/contract.js';
import { type EgressRules, type Reach, reach } from './rules.js';

export type UrlVerdict =
  | {
      ok: true;
      /** As it will be sent: the URL standard's own spelling, without a fragment. */
      url: string;
      /** A sentence for `Ringer-Notice`, or null. */
      notice: string | null;
    }
  | { ok: false; code: 'invalid_url' | 'https_required' | 'egress_refused'; detail: string };

/** Characters; longer ones are refused by many servers. */
const MAX_LENGTH = 2048;
const RESERVED = /(^|\.)(internal|local)$/;
const LOCALHOST = /(^|\.)localhost$/;

/**
 * Whether a subscription may have this URL. Only literals and reserved names are judged here; what any other name
 * resolves to is judged at every connect.
 */
export function judgeUrl(url: string, rules: EgressRules, https: HttpsRule): UrlVerdict {
  if (url.length > MAX_LENGTH)
    return invalid(`has ${url.length} characters; at most ${MAX_LENGTH} are allowed`);
  if (!URL.canParse(url)) return invalid('is not an absolute URL; write it as https://host/path');
  const parsed = new URL(url);
  if (parsed.protocol !== 'https:' && parsed.protocol !== 'http:') {
    return invalid(`has the scheme "${parsed.protocol.slice(0, -1)}"; use https or http`);
  }
  if (parsed.username || parsed.password) {
    return invalid('carries a user name or password; send credentials in a header of the subscription');
  }
  if (parsed.port === '0') return invalid('has port 0; name the port the receiver listens on');
  const host = hostOf(parsed);
  if (isIP(host) === 0 && !isSendableName(host)) return invalid('has a host name that no resolver accepts');
  const port = portOf(parsed);
  const place = reachOfHost(host, port, rules);
  if (place === 'ownPort') return refused(`${parsed.host} is Ringer's own address; name the receiver's port`);
  if (place === 'refused') return refused(`${host} cannot be reached from here. ${whatOpens(rules)}`);
  if (parsed.protocol === 'https:') return accept(url, parsed, null);
  return judgePlain(url, parsed, { place, https, rules });
}

function judgePlain(
  url: string,
  parsed: URL,
  { place, https, rules }: { place: HostReach; https: HttpsRule; rules: EgressRules },
): UrlVerdict {
  if (https === 'optional') return accept(url, parsed, null);
  if (place === 'opened') {
    return accept(
      url,
      parsed,
      'Plain http is accepted for this address only; the provider itself sends over https.',
    );
  }
  if (https === 'acceptNeverSend') {
    return accept(
      url,
      parsed,
      'The provider never sends to plain http: deliveries will fail with https_required.',
    );
  }
  const local = rules.mode === 'local' ? ', or http://localhost for a receiver on this machine' : '';
  return {
    ok: false,
    code: 'https_required',
    detail: `The provider sends over https only. Use an https URL${local}.`,
  };
}

/** `unknown`: a name whose addresses are judged when a delivery connects. */
type HostReach = Reach | 'unknown';

function reachOfHost(host: string, port: number, rules: EgressRules): HostReach {
  if (isIP(host) !== 0) return reach(host, port, rules);
  if (isLocalhost(host)) {
    const loopback = [reach('127.0.0.1', port, rules), reach('::1', port, rules)];
    return (
      loopback.find((answer) => answer === 'ownPort') ?? loopback.find((a) => a === 'opened') ?? 'refused'
    );
  }
  // Names of private networks: without an opened range they can lead nowhere that may be reached.
  if (RESERVED.test(withoutDot(host))) return rules.allow.length > 0 ? 'opened' : 'refused';
  return 'unknown';
}

/** `localhost` and every name below it, with or without the final dot. */
export function isLocalhost(host: string): boolean {
  return LOCALHOST.test(withoutDot(host));
}

/** The host as a resolver takes it: no brackets around IPv6. */
export function hostOf(url: URL): string {
  const { hostname } = url;
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

function isSendableName(host: string): boolean {
  const name = withoutDot(host);
  return name.length <= 253 && name.split('.').every((label) => label.length >= 1 && label.length <= 63);
}

function withoutDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

function accept(given: string, parsed: URL, notice: string | null): UrlVerdict {
  parsed.hash = '';
  // `https://example.com` stays as the caller wrote it; every other spelling is the one that was judged.
  return { ok: true, url: parsed.href === `${given}/` ? given : parsed.href, notice };
}

function invalid(what: string): UrlVerdict {
  return { ok: false, code: 'invalid_url', detail: `The URL ${what}.` };
}

function refused(what: string): UrlVerdict {
  return { ok: false, code: 'egress_refused', detail: what.endsWith('.') ? what : `${what}.` };
}

function whatOpens(rules: EgressRules): string {
  const loopback = rules.mode === 'public' ? ' and loopback with RINGER_EGRESS=local' : '';
  return `An operator opens a network with RINGER_EGRESS_ALLOW (a CIDR)${loopback}; cloud metadata addresses stay closed.`;
}
