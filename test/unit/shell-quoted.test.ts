import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { shellQuoted } from '../../src/dashboard/parts/shell-quoted.js';

it.each(["O'Brien", "'; echo gone; '", '$(echo gone) `echo gone` \\ "', 'two\nlines'])(
  'comes out of a shell as it went in: %s',
  (text) => {
    expect(execFileSync('sh', ['-c', `printf %s ${shellQuoted(text)}`]).toString()).toBe(text);
  },
);
