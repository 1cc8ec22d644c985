import { describe, expect, test } from 'vitest';
import { judgeUrl } from '../../src/engine/egress/judge-url.js';
import type { EgressRules } from '../../src/engine/egress/rules.js';

const rules = (mode: EgressRules['mode'], ...allow: string[]): EgressRules => ({
  mode,
  allow,
  ownPorts: () => [4700],
});
const verdict = (url: string, egress: EgressRules = rules('public')) => {
  const answer = judgeUrl(url, egress, 'optional');
  return answer.ok ? answer.url : answer.code;
};

describe('no URL to send to', () => {
  test.each([
    '',
    '/path',
    '//host/path',
    'example.com/hook',
    'ftp://example.com/',
    'file:///etc/passwd',
    'gopher://example.com/',
    'data:text/plain,x',
    'ws://example.com/',
    'javascript:alert(1)',
    'https://',
    'https://user@example.com/',
    'https://user:secret@example.com/',
    'http://a@127.0.0.1/',
    'https://:secret@example.com/',
    'https://example.com:0/',
    'https://example.com:65536/',
    'https://1.2.3.256/',
    'https://[::1%25eth0]/',
    'https://exa mple.com/',
    `https://${'a'.repeat(64)}.com/`,
    `https://${'a.'.repeat(127)}toolong/`,
    'https://a..b/',
    `https://example.com/${'a'.repeat(2048)}`,
  ])('%s', (url) => {
    expect(verdict(url, rules('local'))).toBe('invalid_url');
  });

  test('the detail says what to do and repeats no credential', () => {
    const answer = judgeUrl('https://user:hunter2@example.com/', rules('public'), 'required');
    expect(answer).toMatchObject({
      ok: false,
      detail: expect.stringContaining('send credentials in a header'),
    });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });
});

describe('every spelling of a forbidden address is refused', () => {
  const loopback = [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0x7f.0.0.1/',
    'http://0177.1/',
    'http://0177.0.0.1/',
    'http://017700000001/',
    'http://127.0.0.1./',
    'http://%31%32%37%2e0.0.1/',
    'http://１２７.０.０.１/',
    'http://①②⑦.⓪.⓪.①/',
    'http://127。0。0。1/',
    'http://1\u00ad27.0.0.1/',
    'http://[::1]/',
    'http://[0:0:0:0:0:0:0:1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://127.0.0.1#@good.example/',
    'http://127.0.0.1?@good.example/',
    'http:\\\\127.0.0.1\\',
    'http:/127.0.0.1/',
    'http:127.0.0.1/',
    'ht\ntp://127.0.\t0.1/',
    ' http://127.0.0.1/ ',
    'HTTP://127.0.0.1/',
    'http://localhost/',
    'http://LOCALHOST/',
    'http://localhost./',
    'http://a.localhost/',
  ];
  test.each(loopback)('%s', (url) => {
    expect(verdict(url)).toBe('egress_refused');
    // The same spellings are the same address where loopback is opened.
    expect(verdict(url, rules('local'))).not.toBe('egress_refused');
  });

  test.each([
    'http://0/',
    'http://0.0.0.0/',
    'http://10.0.0.1/',
    'http://192.168.1.1/',
    'http://172.31.255.255/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://168.63.129.16/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::127.0.0.1]/',
    'http://[::]/',
    'http://[64:ff9b::a00:1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://[fc00::1]/',
    'http://metadata.google.internal/',
    'http://printer.local/',
    'http://printer.local./',
    'http://internal/',
    'http://local/',
    'https://255.255.255.255/',
    'https://224.0.0.1/',
  ])('%s in both modes', (url) => {
    expect(verdict(url)).toBe('egress_refused');
    expect(verdict(url, rules('local'))).toBe('egress_refused');
  });

  test('Ringer never sends to itself', () => {
    for (const url of ['http://127.0.0.1:4700/', 'http://localhost:4700/', 'http://[::1]:4700/']) {
      expect(judgeUrl(url, rules('local'), 'optional')).toMatchObject({
        ok: false,
        code: 'egress_refused',
        detail: expect.stringContaining("Ringer's own address"),
      });
    }
    expect(verdict('http://localhost:4701/', rules('local'))).toBe('http://localhost:4701/');
  });

  test('the detail names what opens it', () => {
    const local = judgeUrl('http://192.168.1.5/', rules('local'), 'optional');
    expect(local).toMatchObject({ detail: expect.stringContaining('RINGER_EGRESS_ALLOW') });
    const open = judgeUrl('http://localhost/', rules('public'), 'optional');
    expect(open).toMatchObject({ detail: expect.stringContaining('RINGER_EGRESS=local') });
  });
});

describe('legitimate shapes pass', () => {
  test.each([
    'https://example.com',
    'https://example.com/',
    'https://example.com./hook',
    'https://example.com:8443/hook',
    'https://example.com:81/hook',
    'https://example.com/hook?token=a%20b&x=1',
    `https://example.com/${'a'.repeat(2000)}`,
    'https://1.1.1.1/hook',
    'https://[2606:4700:4700::1111]/hook',
    'https://[2606:4700:4700::1111]:8443/hook',
    'https://xn--bcher-kva.example/hook',
    'https://a.b.c.d.e.example/hook',
    'https://app/hook',
    'https://app:3000/hook',
    'https://under_score.example/hook',
    'https://localhost.example.com/hook',
    'https://internal.example.com/hook',
    'https://mylocal/hook',
    'https://169.254.169.254.nip.io/hook',
    'https://example.com/a/../b//c',
  ])('%s', (url) => {
    expect(['invalid_url', 'egress_refused']).not.toContain(verdict(url));
  });

  test.each([
    ['https://example.com', 'https://example.com'],
    ['https://EXAMPLE.com/Hook', 'https://example.com/Hook'],
    ['https://bücher.example/', 'https://xn--bcher-kva.example/'],
    ['https://example.com/a#fragment', 'https://example.com/a'],
    ['https://example.com:443/a', 'https://example.com/a'],
    ['http://127.1:3000/a', 'http://127.0.0.1:3000/a'],
  ])('%s is kept as %s', (given, kept) => {
    expect(verdict(given, rules('local'))).toBe(kept);
  });

  test('a CIDR opens its literals, and the names of private networks to be judged at connect', () => {
    const open = rules('public', '172.17.0.0/16', '127.0.0.0/8');
    expect(verdict('http://172.17.0.1:3000/', open)).toBe('http://172.17.0.1:3000/');
    expect(verdict('http://172.18.0.1:3000/', open)).toBe('egress_refused');
    expect(verdict('http://host.docker.internal:3000/', open)).toBe('http://host.docker.internal:3000/');
    expect(verdict('http://localhost:3000/', open)).toBe('http://localhost:3000/');
    expect(verdict('http://169.254.169.254/', rules('public', '169.254.0.0/16'))).toBe('egress_refused');
  });
});

describe('plain http', () => {
  test('goes to what is opened on purpose, with a notice where the provider would not', () => {
    for (const url of ['http://localhost:3000/', 'http://127.0.0.1:3000/', 'http://[::1]:3000/']) {
      for (const https of ['required', 'acceptNeverSend'] as const) {
        expect(judgeUrl(url, rules('local'), https)).toEqual({
          ok: true,
          url,
          notice: expect.stringContaining('Plain http'),
        });
      }
      expect(judgeUrl(url, rules('local'), 'optional')).toEqual({ ok: true, url, notice: null });
    }
    expect(judgeUrl('http://10.1.0.5/', rules('public', '10.1.0.0/16'), 'required')).toMatchObject({
      ok: true,
    });
  });

  test('is refused by a provider that requires https', () => {
    for (const url of ['http://example.com/', 'http://1.1.1.1/', 'http://app:3000/']) {
      const answer = judgeUrl(url, rules('local'), 'required');
      expect(answer).toMatchObject({ ok: false, code: 'https_required' });
      expect(answer).toMatchObject({ detail: expect.stringContaining('http://localhost') });
    }
  });

  test('is taken and never sent where the provider behaves so', () => {
    expect(judgeUrl('http://example.com/', rules('public'), 'acceptNeverSend')).toEqual({
      ok: true,
      url: 'http://example.com/',
      notice: expect.stringContaining('https_required'),
    });
  });

  test('is fine where https is optional, and https needs no notice anywhere', () => {
    expect(judgeUrl('http://example.com/', rules('public'), 'optional')).toMatchObject({
      ok: true,
      notice: null,
    });
    expect(judgeUrl('https://example.com/', rules('public'), 'required')).toMatchObject({
      ok: true,
      notice: null,
    });
    expect(judgeUrl('https://localhost/', rules('local'), 'required')).toMatchObject({
      ok: true,
      notice: null,
    });
  });
});
