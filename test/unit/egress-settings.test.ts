import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.js';
import { parseConfig } from '../../src/config.js';
import { isMetadataOnly } from '../../src/engine/egress/addresses.js';
import { silentLog } from '../../src/lib/log.js';

const allow = (text: string) => parseConfig({ RINGER_EGRESS_ALLOW: text });

describe('networks that an operator opens', () => {
  test('are read as a list', () => {
    expect(allow('10.1.0.0/16, fd00::/8 ,192.168.0.1/32').egress.allow).toEqual([
      '10.1.0.0/16',
      'fd00::/8',
      '192.168.0.1/32',
    ]);
  });

  test.each([
    '10.1.0.0',
    '10.1.0.0/33',
    'fd00::/129',
    '10.1/16',
    '999.1.1.1/8',
    'host/8',
    '::1%lo/128',
    '10.0.0.0/-1',
  ])('%s is none, and is refused instead of opening nothing', (text) => {
    expect(() => allow(text)).toThrow(/is no CIDR/);
  });

  test.each(['0.0.0.0/0', '::/0', '10.0.0.0/8,0.0.0.0/0'])('%s would open everything', (text) => {
    expect(() => allow(text)).toThrow(/opening every address is refused/);
  });

  test.each(['169.254.169.254/32', '169.254.170.0/24', '168.63.129.16/32', 'fd00:ec2::254/128'])(
    '%s is cloud metadata: nobody starts with it',
    async (text) => {
      const config = parseConfig({ RINGER_DATA_DIR: 'memory:', RINGER_EGRESS_ALLOW: text });
      await expect(createApp({ config, log: silentLog })).rejects.toThrow(
        /cloud metadata addresses stay closed/,
      );
    },
  );

  test('a network around metadata may be opened; the metadata stays closed', () => {
    for (const cidr of ['169.254.0.0/16', '100.64.0.0/10', 'fd00::/8', '10.0.0.0/8'])
      expect(isMetadataOnly(cidr), cidr).toBe(false);
  });
});

describe('certificates', () => {
  test('are checked, the database’s too: nobody starts with that switched off', () => {
    const DATABASE_URL = 'postgresql://ringer@db.example/ringer';
    expect(() => parseConfig({ DATABASE_URL, NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toThrow(/sslrootcert/);
    expect(() => parseConfig({ DATABASE_URL, NODE_TLS_REJECT_UNAUTHORIZED: '1' })).not.toThrow();
    // Embedded there is nothing it could switch off: deliveries verify whatever it says.
    expect(() => parseConfig({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).not.toThrow();
  });
});
