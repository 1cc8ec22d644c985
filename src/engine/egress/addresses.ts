import { BlockList, isIP } from 'node:net';

/**
 * What kind of place an IP address is. `metadata` hands out a cloud machine's credentials and is never reached,
 * whatever an operator opens; `special` is everything else that is not a plain public address.
 */
export type AddressKind = 'public' | 'loopback' | 'private' | 'linkLocal' | 'metadata' | 'special';

// The IANA special-purpose registries (RFC 6890 and its successors). IPv6 outside of 2000::/3 needs no row to be
// refused; its rows only say what it is.
const RANGES: Readonly<Record<Exclude<AddressKind, 'public'>, readonly string[]>> = {
  metadata: [
    '169.254.169.0/24', // AWS, Azure, Google, DigitalOcean; .253 is AWS's resolver
    '169.254.170.0/24', // AWS ECS and EKS credentials
    '169.254.0.23/32', // Tencent
    '169.254.10.10/32', // Tencent
    '169.254.42.42/32', // Scaleway
    '100.100.100.200/32', // Alibaba
    '168.63.129.16/32', // Azure's wire server, inside public space
    '192.0.0.192/32', // Oracle
    'fd00:ec2::/32', // AWS
    'fd20:ce::254/128', // Google
    'fd00:42::42/128', // Scaleway
    'fe80::a9fe:a9fe/128', // OpenStack
  ],
  loopback: ['127.0.0.0/8', '::1/128'],
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10', // carrier-grade NAT, RFC 6598
    'fc00::/7',
    'fec0::/10', // site-local, deprecated by RFC 3879
  ],
  linkLocal: ['169.254.0.0/16', 'fe80::/10'],
  special: [
    '0.0.0.0/8', // connects to this machine on Linux
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.31.196.0/24', // AS112
    '192.52.193.0/24', // AMT
    '192.88.99.0/24', // 6to4 relays
    '192.175.48.0/24', // AS112
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '224.0.0.0/4',
    '240.0.0.0/4',
    '2001::/23', // IETF protocol assignments: Teredo, ORCHID, AMT …
    '2001:db8::/32',
    '2002::/16', // 6to4
    '2620:4f:8000::/48', // AS112
    '3fff::/20',
  ],
};

/** One family per list: an IPv6 row of `::ffff:0:0/96` in a shared list would match every IPv4 address. */
export interface AddressSet {
  v4: BlockList;
  v6: BlockList;
}

const KINDS = (Object.keys(RANGES) as (keyof typeof RANGES)[]).map(
  (kind) => [kind, addressSet(RANGES[kind])] as const,
);
const GLOBAL_UNICAST = addressSet(['2000::/3']);

/**
 * @param ip a literal as `net.isIP` accepts it, with or without a zone. Anything else is `special`: unknown is refused.
 */
export function classify(ip: string): AddressKind {
  const address = withoutZone(ip);
  const family = isIP(address);
  if (family === 0) return 'special';
  if (family === 4) return kindOf(address, 4) ?? 'public';
  const mapped = mappedIpv4(address);
  if (mapped !== null) {
    // The kernel connects to the IPv4 address itself; no honest name resolves to this form of a public one.
    const kind = classify(mapped);
    return kind === 'public' ? 'special' : kind;
  }
  if (embeddedIpv4(address).some((inner) => classify(inner) === 'metadata')) return 'metadata';
  return kindOf(address, 6) ?? (contains(GLOBAL_UNICAST, address) ? 'public' : 'special');
}

function kindOf(address: string, family: 4 | 6): AddressKind | null {
  for (const [kind, set] of KINDS) {
    if (family === 4 ? set.v4.check(address, 'ipv4') : set.v6.check(address, 'ipv6')) return kind;
  }
  return null;
}

/** `::ffff:10.0.0.1` -> `10.0.0.1`; null for every other address. */
export function mappedIpv4(ip: string): string | null {
  const groups = groupsOf(ip);
  return groups !== null && isPrefix(groups, [0, 0, 0, 0, 0, 0xffff]) ? ipv4At(groups, 6) : null;
}

/**
 * The IPv4 addresses that a gateway would reach for this IPv6 address: translated, compatible, NAT64 (RFC 6052, and
 * every split of the local prefix of RFC 8215), 6to4, Teredo (server and client). Empty for all others.
 */
export function embeddedIpv4(ip: string): string[] {
  const g = groupsOf(ip);
  if (g === null) return [];
  if (isPrefix(g, [0, 0, 0, 0, 0xffff, 0])) return [ipv4At(g, 6)];
  if (isPrefix(g, [0, 0, 0, 0, 0, 0])) return g[6] === 0 && g[7]! <= 1 ? [] : [ipv4At(g, 6)];
  if (isPrefix(g, [0x64, 0xff9b, 0, 0, 0, 0])) return [ipv4At(g, 6)];
  if (isPrefix(g, [0x64, 0xff9b, 1])) {
    // RFC 6052 leaves bits 64 to 71 empty, which splits the address for prefixes of 48 and 56 bits.
    const bytes = g.flatMap((group) => [group >> 8, group & 255]);
    const pick = (...at: number[]) => at.map((i) => bytes[i]).join('.');
    return [pick(6, 7, 9, 10), pick(7, 9, 10, 11), pick(9, 10, 11, 12), pick(12, 13, 14, 15)];
  }
  if (g[0] === 0x2002) return [ipv4At(g, 1)];
  if (isPrefix(g, [0x2001, 0])) return [ipv4At(g, 2), ipv4At([g[6]! ^ 0xffff, g[7]! ^ 0xffff], 0)];
  return [];
}

/** @param cidrs checked before by `parseCidr`; rows that are no CIDR match nothing. */
export function addressSet(cidrs: Iterable<string>): AddressSet {
  const set: AddressSet = { v4: new BlockList(), v6: new BlockList() };
  for (const text of cidrs) {
    const cidr = parseCidr(text);
    if (cidr?.family === 4) set.v4.addSubnet(cidr.address, cidr.bits, 'ipv4');
    if (cidr?.family === 6) set.v6.addSubnet(cidr.address, cidr.bits, 'ipv6');
  }
  return set;
}

export function contains(set: AddressSet, ip: string): boolean {
  const address = withoutZone(ip);
  const family = isIP(address);
  if (family === 4) return set.v4.check(address, 'ipv4');
  return family === 6 && set.v6.check(address, 'ipv6');
}

/** `10.0.0.0/8`, `fd00::/8`, or one address. Null when it is none of these. */
export function parseCidr(text: string): { address: string; bits: number; family: 4 | 6 } | null {
  const match = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text);
  const address = match?.[1] ?? '';
  const family = isIP(address);
  if (family !== 4 && family !== 6) return null;
  const most = family === 4 ? 32 : 128;
  const bits = match?.[2] === undefined ? most : Number(match[2]);
  return bits <= most ? { address, bits, family } : null;
}

/** Whether a CIDR holds nothing but addresses of cloud metadata, which nothing opens. */
export function isMetadataOnly(text: string): boolean {
  const cidr = parseCidr(text);
  return (
    cidr !== null &&
    RANGES.metadata.some((range) => {
      const { bits, family } = parseCidr(range)!;
      return family === cidr.family && bits <= cidr.bits && contains(addressSet([range]), cidr.address);
    })
  );
}

function withoutZone(ip: string): string {
  const zone = ip.indexOf('%');
  return zone < 0 ? ip : ip.slice(0, zone);
}

/** The eight 16-bit groups of an IPv6 address, or null when it is none. */
function groupsOf(ip: string): number[] | null {
  const address = withoutZone(ip);
  if (isIP(address) !== 6) return null;
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const hex = dotted
    ? `${dotted[1]}${((+dotted[2]! << 8) | +dotted[3]!).toString(16)}:${((+dotted[4]! << 8) | +dotted[5]!).toString(16)}`
    : address;
  const [head, tail] = hex.split('::');
  const left = head ? head.split(':') : [];
  const right = tail ? tail.split(':') : [];
  const gap = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...gap, ...right].map((group) => Number.parseInt(group, 16));
}

function isPrefix(groups: readonly number[], prefix: readonly number[]): boolean {
  return prefix.every((group, i) => groups[i] === group);
}

function ipv4At(groups: readonly number[], at: number): string {
  const [high, low] = [groups[at]!, groups[at + 1]!];
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
}
