/** One place that a delivery might be sent to. */
export interface Target {
  url: string;
  /** What the resolver answers for its name; absent for literals. */
  answers?: readonly string[];
}

/**
 * Both ends and the inside of everything that is no plain public address: the special-purpose registries of IANA, and the
 * places inside of public space where clouds keep their metadata.
 */
export const FORBIDDEN_ADDRESSES: readonly string[] = [
  // "This network": connects to this machine on Linux.
  ...['0.0.0.0', '0.0.0.1', '0.255.255.255'],
  ...['10.0.0.0', '10.128.3.4', '10.255.255.255'],
  ...['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  ...['127.0.0.1', '127.0.0.0', '127.8.8.8', '127.255.255.255'],
  ...[
    '169.254.0.0',
    '169.254.169.254',
    '169.254.169.253',
    '169.254.170.2',
    '169.254.42.42',
    '169.254.255.255',
  ],
  ...['168.63.129.16'],
  ...['172.16.0.0', '172.20.1.2', '172.31.255.255'],
  ...['192.0.0.0', '192.0.0.192', '192.0.0.255'],
  ...['192.0.2.0', '192.0.2.99', '192.0.2.255'],
  ...['192.31.196.0', '192.31.196.255', '192.52.193.0', '192.52.193.255'],
  ...['192.88.99.0', '192.88.99.1', '192.88.99.255'],
  ...['192.168.0.0', '192.168.1.1', '192.168.255.255'],
  ...['192.175.48.0', '192.175.48.255'],
  ...['198.18.0.0', '198.19.0.1', '198.19.255.255'],
  ...['198.51.100.0', '198.51.100.255', '203.0.113.0', '203.0.113.255'],
  ...['224.0.0.0', '224.0.0.1', '239.255.255.255', '240.0.0.0', '250.1.2.3', '255.255.255.255'],
  ...['::', '::1', '::2', '::7f00:1', '::ffff:0:127.0.0.1', '::ffff:0:a00:1'],
  ...['64:ff9b::', '64:ff9b::1', '64:ff9b::ffff:ffff', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  ...['100::', '100::ffff:ffff:ffff:ffff', '100:0:0:1::', '1fff:ffff::'],
  ...[
    '2001::',
    '2001::1',
    '2001:0:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:2::',
    '2001:10::',
    '2001:1ff:ffff::',
  ],
  ...['2001:db8::', '2001:db8::1', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  ...['2002::', '2002:a00:1::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ...['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  ...[
    '3fff::',
    '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff',
    '4000::',
    '5f00::',
    '5f00::1',
    '5fff:ffff::',
    '8000::1',
  ],
  ...[
    'fc00::',
    'fc00::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    'fd00:42::42',
    'fd7a:115c:a1e0::1',
    'fdff:ffff::',
  ],
  ...['fe80::', 'fe80::1', 'fe80::a9fe:a9fe', 'febf:ffff::', 'fec0::', 'fec0::1', 'feff:ffff::'],
  ...['ff00::', 'ff01::1', 'ff02::1', 'ff0e::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
];

/** Just outside of those: plain public addresses, and what stands between two forbidden ranges. */
export const PUBLIC_ADDRESSES: readonly string[] = [
  ...[
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
  ],
  ...['168.63.129.15', '168.63.129.17', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0'],
  ...['191.255.255.255', '192.0.1.0', '192.0.1.255', '192.0.3.0', '192.31.195.255', '192.31.197.0'],
  ...['192.88.98.255', '192.88.100.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0'],
  ...['198.51.99.255', '198.51.101.0', '203.0.112.255', '203.0.114.0', '223.255.255.255', '8.8.8.8'],
  ...[
    '2000::1',
    '2001:200::',
    '2001:4860:4860::8888',
    '2001:db7:ffff::',
    '2001:db9::',
    '2003::',
    '2606:4700::1111',
  ],
  ...['2620:4f:7fff::', '2620:4f:8001::', '2a00:1450::1', '3ffe::1', '3fff:1000::'],
];

/** IPv4 addresses that every way of hiding one inside of an IPv6 address is tried with. */
const HIDDEN = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1', '100.100.100.200', '0.0.0.0'];

/** Ways to write an IPv4 address that a URL parser or a gateway reads as that address. */
const SPELLINGS: readonly ((octets: number[]) => string)[] = [
  ([a, b, c, d]) => String(((a! * 256 + b!) * 256 + c!) * 256 + d!),
  (octets) => `0x${octets.map(hex).join('')}`,
  (octets) => octets.map((o) => `0x${hex(o)}`).join('.'),
  (octets) => octets.map((o) => `0${o.toString(8)}`).join('.'),
  ([a, b, c, d]) => `${a}.${b! * 65_536 + c! * 256 + d!}`,
  ([a, b, c, d]) => `${a}.${b}.${c! * 256 + d!}`,
  ([a, b, c, d]) => `0x${hex(a!)}.${b}.0${c!.toString(8)}.${d}`,
  (octets) => `${octets.join('.')}.`,
  (octets) => octets.join('%2e'),
  (octets) => [...octets.join('.')].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(''),
  (octets) => octets.join('。'),
  (octets) => [...octets.join('.')].map((c) => (c === '.' ? c : fullWidth(c))).join(''),
  (octets) => [...octets.join('.')].map((c) => (c === '.' ? c : circled(c))).join(''),
  (octets) => octets.join('.\u00ad'),
  (octets) => `user@${octets.join('.')}`,
  (octets) => `good.example:80@${octets.join('.')}`,
];

const IPV6_FORMS: readonly ((octets: number[]) => string)[] = [
  (o) => `::ffff:${o.join('.')}`,
  (o) => `::ffff:${groups(o)}`,
  (o) => `0:0:0:0:0:ffff:${groups(o)}`,
  (o) => `::${o.join('.')}`,
  (o) => `::ffff:0:${groups(o)}`,
  (o) => `64:ff9b::${o.join('.')}`,
  (o) => `64:ff9b:1::${groups(o)}`,
  (o) => `2002:${groups(o)}::1`,
  (o) => `2001:0:${groups(o)}::1`,
  (o) => `2001:0:808:808:0:0:${groups(o.map((part) => part ^ 255))}`,
];

/** Names, and what they lead to. */
const NAMES: readonly (readonly [name: string, ...answers: string[]])[] = [
  ['private.example', '10.0.0.5'],
  ['loopback.example', '127.0.0.1'],
  ['six.example', '::1'],
  ['mixed.example', '93.184.216.34', '10.0.0.5'],
  ['mixed-last.example', '10.0.0.5', '93.184.216.34'],
  ['mixed-families.example', '93.184.216.34', 'fd00::1'],
  ['mixed-six.example', '2606:4700::1111', '127.0.0.1'],
  ['many.example', ...Array.from({ length: 30 }, (_, i) => `93.184.216.${i + 1}`), '192.168.0.1'],
  ['metadata.google.internal', '169.254.169.254'],
  ['metadata', '169.254.169.254'],
  ['instance-data.ec2.internal', '169.254.169.254'],
  ['mapped.example', '::ffff:10.0.0.1'],
  ['mapped-public.example', '::ffff:93.184.216.34'],
  ['zone.example', 'fe80::1%eth0'],
  ['nat64.example', '64:ff9b::a00:1'],
  ['nothing-an-address.example', 'not an address'],
  ['empty-answer.example', ''],
  ['printer.local', '192.168.1.50'],
  ['db.internal', '10.1.1.1'],
  ['router', '192.168.0.1'],
  ['kubernetes.default.svc', '10.96.0.1'],
  ['ip6-localhost', '::1'],
  ['ip6-loopback', '::1'],
  ['broadcasthost', '255.255.255.255'],
  ['127.0.0.1.nip.example', '127.0.0.1'],
  ['xn--80ak6aa92e.example', '10.0.0.1'],
  ['UPPER.EXAMPLE', '10.0.0.1'],
  ['dotted.example.', '10.0.0.1'],
];

/** What no request can be made of, whatever it looks like. */
const NO_URLS: readonly string[] = [
  ...['gopher://93.184.216.34/', 'file:///etc/passwd', 'data:text/plain,x', 'ws://93.184.216.34/'],
  ...['ftp://93.184.216.34/', 'javascript:alert(1)', 'unix:/var/run/docker.sock', 'blob:https://x.example/1'],
  ...['//93.184.216.34/', '/hook', 'hook', '', ' ', 'http://', 'https://:443/', 'http://[', 'http://[::1/'],
  ...['http://93.184.216.34:65536/', 'http://93.184.216.34:-1/', 'http://93.184.216.34:port/'],
  ...['http://1.2.3.256/', 'http://1.2.3.4.5/', 'http://0x100000000/', 'http://4294967296/'],
  ...[
    'http://[fe80::1%25eth0]/',
    'http://[fe80::1%eth0]/',
    'http://[::ffff:1.2.3.4.5]/',
    'http://[v1.fe80::1]/',
  ],
  ...['http://a b/', 'http://a<b/', 'http://a^b/', 'http://a|b/', 'http://%00/', 'http://a%00.example/'],
];

/** Targets that a server in `public` mode sends not one packet to. More than 300. */
export function forbiddenTargets(): Target[] {
  const literals = FORBIDDEN_ADDRESSES.flatMap((ip) => [at(ip), at(ip, 'http')]);
  const hidden = HIDDEN.map((ip) => ip.split('.').map(Number));
  const spelled = hidden.flatMap((octets) => SPELLINGS.map((spell) => `http://${spell(octets)}/`));
  const embedded = hidden.flatMap((octets) => IPV6_FORMS.map((form) => at(form(octets), 'http')));
  const tricks = [
    ...['http://127.0.0.1#@good.example/', 'http://127.0.0.1\\@good.example/', 'http:\\\\127.0.0.1\\hook'],
    ...[
      'http:/127.0.0.1',
      'http:127.0.0.1',
      'HTTP://127.0.0.1/',
      'hTtP://LOCALHOST/',
      'http://127.0.0.1:443/',
    ],
    ...[
      'http://12\t7.0.0.1/',
      'http://127.0.\n0.1/',
      ' http://127.0.0.1/',
      'http://127.0.0.1/ ',
      'http://①②⑦.0.0.1/',
    ],
    ...['http://localhost/', 'http://localhost./', 'http://shop.localhost/', 'http://LOCALHOST:8080/'],
    ...['http://[::]:80/', 'http://[0:0:0:0:0:0:0:1]/', 'http://[0000::0001]/', 'http://[::1]:443/'],
    ...[
      'http://0/',
      'http://0x0/',
      'http://00.0.0.0/',
      'http://127.0.0.1:0/',
      'https://10.1/',
      'https://192.168.257/',
    ],
  ];
  const named = NAMES.map(([name, ...answers]) => ({
    url: `https://${name}/hook`,
    answers: answers[0] === '' ? [] : answers,
  }));
  const urls = new Set([...literals, ...spelled, ...embedded, ...tricks, ...NO_URLS]);
  return [...[...urls].map((url) => ({ url })), ...named];
}

/** Shapes that consumers really have. More than 40. */
export function legitimateTargets(): Required<Target>[] {
  const [four, six] = ['93.184.216.34', '2606:4700::1111'];
  const shapes = [
    ...['https://consumer.example', 'https://consumer.example/', 'https://consumer.example/hook'],
    ...['http://consumer.example/hook', 'HTTPS://Consumer.Example/Hook', 'https://consumer.example./hook'],
    ...['https://consumer.example:443/', 'https://consumer.example:8443/', 'https://consumer.example:1/'],
    ...['https://consumer.example:65535/', 'http://consumer.example:80/', 'http://consumer.example:8080/'],
    ...['https://a.b.c.d.e.f.example/', 'https://xn--mnchen-3ya.example/', 'https://münchen.example/'],
    ...[
      'https://例え.example/',
      'https://under_score.example/',
      'https://1-2.example/',
      'https://9.example/',
    ],
    ...['https://consumer.example/?a=1&b=2', 'https://consumer.example/?', 'https://consumer.example?a=b'],
    ...['https://consumer.example/hook#part', 'https://consumer.example/a%20b', 'https://consumer.example/ü'],
    ...[
      'https://consumer.example/a;b=c',
      'https://consumer.example/a//b',
      'https://consumer.example/../hook',
    ],
    ...['https://consumer.example/@user', 'https://consumer.example/?url=http://127.0.0.1/'],
    ...['https://consumer.example/127.0.0.1', 'https://127.0.0.1.example/', 'https://localhost.example/'],
    ...['https://internal.example/', 'https://my-localhost/', 'https://local.example/', 'https://intranet/'],
    ...[`https://consumer.example/${'p'.repeat(1900)}`, `https://consumer.example/?${'q'.repeat(1900)}`],
    ...[`https://${'l'.repeat(63)}.example/`, `https://${'a.'.repeat(100)}example/`],
    ...['https://consumer.co.uk/', 'https://consumer.cloud/', 'https://hooks.consumer.dev/in/0b1c'],
  ].map((url) => ({ url, answers: [four] }));
  const [several, onlySix] = [[four, '93.184.216.35', six], [six]];
  return [
    ...shapes,
    { url: 'https://several.example/', answers: several },
    { url: 'https://six.example/', answers: onlySix },
  ];
}

/** The URL of an address literal. */
export function at(ip: string, scheme: 'http' | 'https' = 'https'): string {
  return `${scheme}://${ip.includes(':') ? `[${ip}]` : ip}/`;
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0');
}

function groups([a, b, c, d]: number[]): string {
  return `${(a! * 256 + b!).toString(16)}:${(c! * 256 + d!).toString(16)}`;
}

function fullWidth(digit: string): string {
  return String.fromCodePoint(0xff10 + Number(digit));
}

function circled(digit: string): string {
  return digit === '0' ? '⓪' : String.fromCodePoint(0x2460 + Number(digit) - 1);
}
