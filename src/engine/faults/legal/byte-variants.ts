import { z } from 'zod';
import { reversedMembers, withMember } from '../../../lib/json-text.js';
import { refuseUnreadable } from '../facts.js';
import { fault } from '../fault.js';
import { withText } from '../rewrite.js';

/** A text with its quotes, a number, or anything between two of them. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[^"\d-]+|./gs;
const WHOLE = /^-?\d+$/;

export const byteVariants = fault({
  type: 'byte_variants',
  class: 'legal',
  summary: 'The same JSON in other bytes: what is parsed and written again before it is verified fails here.',
  wire: 'Escaped letters and slashes, `1.0` for `1`, spaces, a newline at the end; signed over exactly these bytes.',
  params: {
    unicode: z.boolean().default(true).meta({ description: 'A letter of each text as \\u0061.' }),
    slash: z.boolean().default(true).meta({ description: '/ as \\/.' }),
    float: z.boolean().default(true).meta({ description: '1 as 1.0.' }),
    whitespace: z
      .boolean()
      .default(true)
      .meta({ description: 'After colons and commas, and a newline at the end.' }),
    order: z.boolean().default(false).meta({ description: 'The keys of the outermost object backwards.' }),
    bigNumber: z
      .boolean()
      .default(false)
      .meta({ description: 'One field more, 9007199254740993: 2^53 + 1.' }),
  },
  refuse: refuseUnreadable,
  input(input, params) {
    return withText(input, (text) => {
      const ordered = params.order ? reversedMembers(text) : text;
      const written = (ordered.match(TOKEN) ?? []).map((token) => rewritten(token, params)).join('');
      const body = params.bigNumber ? withMember(written, 'ringer_number', '9007199254740993') : written;
      return params.whitespace ? `${body}\n` : body;
    });
  },
});

type Ways = { unicode: boolean; slash: boolean; float: boolean; whitespace: boolean };

function rewritten(token: string, { unicode, slash, float, whitespace }: Ways): string {
  if (token.startsWith('"')) {
    const escaped = unicode ? escapeOne(token) : token;
    return slash ? escaped.replace(/(?<!\\)((?:\\\\)*)\//g, '$1\\/') : escaped;
  }
  if (WHOLE.test(token)) return float ? `${token}.0` : token;
  return whitespace ? token.replace(/[:,]/g, '$& ') : token;
}

/** Whatever is not ASCII, and the first letter that is no part of an escape. */
function escapeOne(text: string): string {
  const first = text.replace(
    /^("(?:\\u[0-9a-fA-F]{4}|\\.|[^\\a-z])*)([a-z])/,
    (_, before: string, letter: string) => before + unit(letter),
  );
  return first.replace(/[\u0080-\uffff]/g, unit);
}

function unit(letter: string): string {
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
