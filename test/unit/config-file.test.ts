import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDeclaredFile } from '../../src/start/declared-file.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const DOC = readFileSync(new URL('../../docs/config-file.md', import.meta.url), 'utf8');

it('the file that docs/config-file.md shows can be read, its secrets from the environment', () => {
  const file = join(temporaryFolder(), 'ringer.json');
  writeFileSync(file, /```json\n([\s\S]*?)```/.exec(DOC)![1]!);
  const { tenants } = readDeclaredFile(file, { NOYO_SECRET: 'from-the-environment' });
  expect(tenants.acme!.subscriptions!.map(({ provider, secret }) => [provider, secret])).toEqual([
    ['noyo', 'from-the-environment'],
    ['healthsync', undefined],
  ]);
  expect(tenants.acme!.schedules).toEqual([
    { cron: '*/10 * * * *', provider: 'healthsync', type: 'document.uploaded' },
  ]);
  expect(() => readDeclaredFile(file, {})).toThrow(
    /tenants\.acme\.subscriptions\.0\.secret wants the variable NOYO_SECRET/,
  );
});
