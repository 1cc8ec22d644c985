import { unknownName } from '../errors.js';
import type { Check } from './contract.js';

/** @param only ids (`SIG-05`) or groups (`SIG`), in any case; absent: all. @throws AppError `unknown_check`. */
export function chooseChecks(all: readonly Check[], only?: readonly string[]): readonly Check[] {
  if (!only || only.length === 0) return all;
  const wanted = only.map((name) => name.trim().toUpperCase());
  const groupOf = ({ id }: Check) => id.slice(0, id.indexOf('-'));
  const stray = wanted.find((name) => all.every((check) => check.id !== name && groupOf(check) !== name));
  if (stray !== undefined)
    throw unknownName(
      'unknown_check',
      'check',
      stray,
      all.map(({ id }) => id),
    );
  return all.filter((check) => wanted.includes(check.id) || wanted.includes(groupOf(check)));
}
