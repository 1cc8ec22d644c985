import { describe, expect, test } from 'vitest';
import {
  type AddressKind,
  classify,
  embeddedIpv4,
  mappedIpv4,
  parseCidr,
} from '../../src/engine/egress/addresses.js';
import { type EgressRules, mayReach, reach } from '../../src/engine/egress/rules.js';

/** Kind, first and last address of a range, and what lies just outside on both sides (null: the end of the space). */
type Range = [
  cidr: string,
  kind: AddressKind,
  first: string,
  last: string,
  before: [string, AddressKind] | null,
  after: [string, AddressKind] | null,
];

const V4: Range[] = [
  ['0.0.0.0/8', 'special', '0.0.0.0', '0.255.255.255', null, ['1.0.0.0', 'public']],
  [
    '10.0.0.0/8',
    'private',
    '10.0.0.0',
    '10.255.255.255',
    ['9.255.255.255', 'public'],
    ['11.0.0.0', 'public'],
  ],
  [
    '100.64.0.0/10',
    'private',
    '100.64.0.0',
    '100.127.255.255',
    ['100.63.255.255', 'public'],
    ['100.128.0.0', 'public'],
  ],
  [
    '127.0.0.0/8',
    'loopback',
    '127.0.0.0',
    '127.255.255.255',
    ['126.255.255.255', 'public'],
    ['128.0.0.0', 'public'],
  ],
  [
    '169.254.0.0/16',
    'linkLocal',
    '169.254.0.0',
    '169.254.255.255',
    ['169.253.255.255', 'public'],
    ['169.255.0.0', 'public'],
  ],
  [
    '169.254.169.0/24',
    'metadata',
    '169.254.169.0',
    '169.254.169.255',
    ['169.254.168.255', 'linkLocal'],
    ['169.254.171.0', 'linkLocal'],
  ],
  [
    '172.16.0.0/12',
    'private',
    '172.16.0.0',
    '172.31.255.255',
    ['172.15.255.255', 'public'],
    ['172.32.0.0', 'public'],
  ],
  [
    '192.0.0.0/24',
    'special',
    '192.0.0.0',
    '192.0.0.255',
    ['191.255.255.255', 'public'],
    ['192.0.1.0', 'public'],
  ],
  ['192.0.2.0/24', 'special', '192.0.2.0', '192.0.2.255', ['192.0.1.255', 'public'], ['192.0.3.0', 'public']],
  [
    '192.31.196.0/24',
    'special',
    '192.31.196.0',
    '192.31.196.255',
    ['192.31.195.255', 'public'],
    ['192.31.197.0', 'public'],
  ],
  [
    '192.52.193.0/24',
    'special',
    '192.52.193.0',
    '192.52.193.255',
    ['192.52.192.255', 'public'],
    ['192.52.194.0', 'public'],
  ],
  [
    '192.88.99.0/24',
    'special',
    '192.88.99.0',
    '192.88.99.255',
    ['192.88.98.255', 'public'],
    ['192.88.100.0', 'public'],
  ],
  [
    '192.168.0.0/16',
    'private',
    '192.168.0.0',
    '192.168.255.255',
    ['192.167.255.255', 'public'],
    ['192.169.0.0', 'public'],
  ],
  [
    '192.175.48.0/24',
    'special',
    '192.175.48.0',
    '192.175.48.255',
    ['192.175.47.255', 'public'],
    ['192.175.49.0', 'public'],
  ],
  [
    '198.18.0.0/15',
    'special',
    '198.18.0.0',
    '198.19.255.255',
    ['198.17.255.255', 'public'],
    ['198.20.0.0', 'public'],
  ],
  [
    '198.51.100.0/24',
    'special',
    '198.51.100.0',
    '198.51.100.255',
    ['198.51.99.255', 'public'],
    ['198.51.101.0', 'public'],
  ],
  [
    '203.0.113.0/24',
    'special',
    '203.0.113.0',
    '203.0.113.255',
    ['203.0.112.255', 'public'],
    ['203.0.114.0', 'public'],
  ],
  ['224.0.0.0/4', 'special', '224.0.0.0', '239.255.255.255', ['223.255.255.255', 'public'], null],
  ['240.0.0.0/4', 'special', '240.0.0.0', '255.255.255.255', null, null],
  [
    '168.63.129.16/32',
    'metadata',
    '168.63.129.16',
    '168.63.129.16',
    ['168.63.129.15', 'public'],
    ['168.63.129.17', 'public'],
  ],
  [
    '100.100.100.200/32',
    'metadata',
    '100.100.100.200',
    '100.100.100.200',
    ['100.100.100.199', 'private'],
    ['100.100.100.201', 'private'],
  ],
  [
    '192.0.0.192/32',
    'metadata',
    '192.0.0.192',
    '192.0.0.192',
    ['192.0.0.191', 'special'],
    ['192.0.0.193', 'special'],
  ],
];

const ALL = 'ffff:ffff:ffff:ffff:ffff:ffff';
const V6: Range[] = [
  ['::1/128', 'loopback', '::1', '::1', ['::', 'special'], ['::2', 'special']],
  [
    '::ffff:0:0/96',
    'special',
    '::ffff:0.0.0.0',
    '::ffff:255.255.255.255',
    ['::fffe:ffff:ffff', 'special'],
    null,
  ],
  ['64:ff9b::/96', 'special', '64:ff9b::', '64:ff9b::ffff:ffff', ['64:ff9a:ffff::', 'special'], null],
  ['64:ff9b:1::/48', 'special', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', null, null],
  ['100::/64', 'special', '100::', '100::ffff:ffff:ffff:ffff', null, ['100:0:0:1::', 'special']],
  [
    '2000::/3',
    'public',
    '2000::',
    `3ffe:ffff:${ALL}`,
    [`1fff:ffff:${ALL}`, 'special'],
    ['4000::', 'special'],
  ],
  [
    '2001::/32',
    'special',
    '2001::',
    '2001:0:ffff:ffff:ffff:ffff:ffff:ffff',
    [`2000:ffff:${ALL}`, 'public'],
    null,
  ],
  ['2001::/23', 'special', '2001::', `2001:1ff:${ALL}`, null, ['2001:200::', 'public']],
  [
    '2001:db8::/32',
    'special',
    '2001:db8::',
    `2001:db8:${ALL}`,
    [`2001:db7:${ALL}`, 'public'],
    ['2001:db9::', 'public'],
  ],
  [
    '2002::/16',
    'special',
    '2002::',
    `2002:ffff:${ALL}`,
    [`2001:ffff:${ALL}`, 'public'],
    ['2003::', 'public'],
  ],
  [
    '2620:4f:8000::/48',
    'special',
    '2620:4f:8000::',
    '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
    ['2620:4f:7fff:ffff::', 'public'],
    ['2620:4f:8001::', 'public'],
  ],
  [
    '3fff::/20',
    'special',
    '3fff::',
    `3fff:fff:${ALL}`,
    [`3ffe:ffff:${ALL}`, 'public'],
    ['3fff:1000::', 'public'],
  ],
  ['5f00::/16', 'special', '5f00::', `5f00:ffff:${ALL}`, null, ['5f01::', 'special']],
  [
    'fc00::/7',
    'private',
    'fc00::',
    `fdff:ffff:${ALL}`,
    [`fbff:ffff:${ALL}`, 'special'],
    ['fe00::', 'special'],
  ],
  [
    'fe80::/10',
    'linkLocal',
    'fe80::',
    `febf:ffff:${ALL}`,
    [`fe7f:ffff:${ALL}`, 'special'],
    ['fec0::', 'private'],
  ],
  ['fec0::/10', 'private', 'fec0::', `feff:ffff:${ALL}`, null, ['ff00::', 'special']],
  ['ff00::/8', 'special', 'ff00::', `ffff:ffff:${ALL}`, null, null],
  [
    'fd00:ec2::/32',
    'metadata',
    'fd00:ec2::',
    `fd00:ec2:${ALL}`,
    [`fd00:ec1:${ALL}`, 'private'],
    ['fd00:ec3::', 'private'],
  ],
];

describe('classify', () => {
  test.each([...V4, ...V6])(
    '%s: both edges, inside and just outside',
    (_, kind, first, last, before, after) => {
      expect(classify(first)).toBe(kind);
      expect(classify(last)).toBe(kind);
      if (before) expect(classify(before[0])).toBe(before[1]);
      if (after) expect(classify(after[0])).toBe(after[1]);
    },
  );

  test.each([
    '169.254.169.254',
    '169.254.169.253',
    '169.254.170.2',
    '169.254.170.23',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '::ffff:0:169.254.169.254',
    '::169.254.169.254',
    '64:ff9b::169.254.169.254',
    '64:ff9b:1::169.254.169.254',
    '64:ff9b:1:a9fe:a9:fe00::',
    '64:ff9b:1:a9:fe:a9fe::',
    '64:ff9b:1:0:a9:fea9:fe00::',
    '2002:a9fe:a9fe::1',
    '2001:0:a9fe:a9fe::',
    '2001:0:4136:e378:8000:63bf:5601:5601',
    '2002:a83f:8110::',
    '64:ff9b::6464:64c8',
  ])('%s hands out credentials', (ip) => {
    expect(classify(ip)).toBe('metadata');
  });

  test.each([
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:8.8.8.8', 'special'],
    ['::127.0.0.1', 'special'],
    ['64:ff9b::127.0.0.1', 'special'],
    ['64:ff9b::8.8.8.8', 'special'],
    ['2002:7f00:1::', 'special'],
    ['2002:808:808::1', 'special'],
    ['2001:0:808:808::f7f7:f7f7', 'special'],
    ['fd7a:115c:a1e0::1', 'private'],
    ['fe80::1%eth0', 'linkLocal'],
    ['fe80::1', 'linkLocal'],
    ['2606:4700:4700::1111', 'public'],
    ['2A00:1450:4001:80B::200E', 'public'],
    ['1.1.1.1', 'public'],
    ['localhost', 'special'],
    ['', 'special'],
    ['127.1', 'special'],
  ] as const)('%s is %s', (ip, kind) => {
    expect(classify(ip)).toBe(kind);
  });

  test('finds the IPv4 address inside of an IPv6 one', () => {
    expect(mappedIpv4('::ffff:a00:1')).toBe('10.0.0.1');
    expect(mappedIpv4('::fffe:a00:1')).toBeNull();
    expect(mappedIpv4('10.0.0.1')).toBeNull();
    expect(embeddedIpv4('64:ff9b::a00:1')).toEqual(['10.0.0.1']);
    expect(embeddedIpv4('2002:a00:1::')).toEqual(['10.0.0.1']);
    expect(embeddedIpv4('2001:0:102:304::f5ff:fffe')).toEqual(['1.2.3.4', '10.0.0.1']);
    expect(embeddedIpv4('::1')).toEqual([]);
    expect(embeddedIpv4('2606:4700::1')).toEqual([]);
  });
});

describe('parseCidr', () => {
  test.each(['10.0.0.0/8', '10.1.2.3', '::1/128', 'fd00::/8', '::1'])('reads %s', (text) => {
    expect(parseCidr(text)).not.toBeNull();
  });
  test.each([
    '',
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    'host/8',
    '10.0.0.0/-1',
    '10.0.0.0/',
    'fe80::1%eth0/64',
  ])('refuses "%s"', (text) => {
    expect(parseCidr(text)).toBeNull();
  });
});

describe('what may be reached', () => {
  const rules = (
    mode: EgressRules['mode'],
    allow: readonly string[] = [],
    own: readonly number[] = [],
  ): EgressRules => ({ mode, allow, ownPorts: () => own });

  test('public mode reaches public addresses and nothing else', () => {
    const open = rules('public');
    for (const [, kind, first, last] of [...V4, ...V6]) {
      expect(mayReach(first, 443, open), first).toBe(kind === 'public');
      expect(mayReach(last, 443, open), last).toBe(kind === 'public');
    }
  });

  test('local mode opens loopback only', () => {
    const local = rules('local');
    for (const ip of ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']) {
      expect(reach(ip, 80, local), ip).toBe('opened');
    }
    for (const ip of [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      '169.254.1.1',
      '64:ff9b::7f00:1',
      '::127.0.0.1',
      '2002:7f00:1::',
    ]) {
      expect(reach(ip, 80, local), ip).toBe('refused');
    }
    expect(reach('1.1.1.1', 80, local)).toBe('public');
  });

  test('a CIDR opens what it names', () => {
    const open = rules('public', ['10.1.0.0/16', 'fd12::/16', '93.184.216.34']);
    expect(reach('10.1.255.255', 80, open)).toBe('opened');
    expect(reach('::ffff:10.1.0.1', 80, open)).toBe('opened');
    expect(reach('fd12:1::1', 80, open)).toBe('opened');
    expect(reach('93.184.216.34', 80, open)).toBe('opened');
    expect(reach('10.2.0.0', 80, open)).toBe('refused');
    expect(reach('127.0.0.1', 80, open)).toBe('refused');
  });

  test('a CIDR over a translation prefix does not open the private addresses behind the gateway', () => {
    const open = rules('public', ['64:ff9b::/96', '::ffff:0:0/96', '2002::/16']);
    expect(reach('64:ff9b::8.8.8.8', 80, open)).toBe('opened');
    expect(reach('64:ff9b::10.0.0.1', 80, open)).toBe('refused');
    expect(reach('::ffff:10.0.0.1', 80, open)).toBe('refused');
    expect(reach('2002:a00:1::', 80, open)).toBe('refused');
  });

  test('metadata stays closed whatever is opened', () => {
    const wide = rules('local', ['0.0.0.0/1', '128.0.0.0/1', '::/1', '8000::/1', '169.254.0.0/16']);
    for (const ip of [
      '169.254.169.254',
      '::ffff:169.254.169.254',
      'fd00:ec2::254',
      '168.63.129.16',
      '100.100.100.200',
    ]) {
      expect(mayReach(ip, 80, wide), ip).toBe(false);
    }
    expect(mayReach('169.254.1.1', 80, wide)).toBe(true);
  });

  test('its own ports are refused on every address of this machine', () => {
    const own = rules('local', ['0.0.0.0/1', '128.0.0.0/1', '::/1'], [4700]);
    for (const ip of ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1', '0.0.0.0', '::']) {
      expect(reach(ip, 4700, own), ip).toBe('ownPort');
      expect(reach(ip, 4701, own), ip).toBe('opened');
    }
    expect(reach('1.1.1.1', 4700, own)).toBe('opened');
  });
});
