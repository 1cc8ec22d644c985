import { createSecureContext } from 'node:tls';
import { judgeUrl } from '../engine/egress/judge-url.js';
import type { EgressRules } from '../engine/egress/rules.js';
import { AppError, type ErrorCode } from '../errors.js';
import { isoMillis } from '../lib/clock.js';
import { readCertificates, validFrom, validUntil } from '../lib/pem.js';
import type { Access, TlsIdentity, TokenGrant } from '../providers/access.js';
import type { HttpsRule } from '../providers/contract.js';
import type { Headers } from './custom-headers.js';

export interface AccessRules {
  egress: EgressRules;
  https: HttpsRule;
  /** The subscription's own. */
  headers: Headers;
}

/** What can be wrong with credentials beyond the form of their settings, at any time. @throws AppError */
export function checkAccess({ grant, tls }: Access, { egress, https, headers }: AccessRules): void {
  if (grant) checkGrant(grant, { egress, https, headers });
  if (tls) checkTls(tls);
}

/** Certificates that are over, or not yet good, when they are given. @param nowMs real time. @throws AppError */
export function refuseExpired({ tls }: Access, nowMs: number): void {
  if (tls?.certificate) checkAge(tls, 'certificate', nowMs);
  if (tls?.ca) checkAge(tls, 'ca', nowMs);
}

function checkGrant({ at, tokenUrl }: TokenGrant, { egress, https, headers }: AccessRules): void {
  const verdict = judgeUrl(tokenUrl, egress, https);
  if (!verdict.ok) throw refusal(verdict.code, `${at}.tokenUrl`, verdict.detail);
  if (headers.some(([name]) => name.toLowerCase() === 'authorization'))
    throw new AppError('invalid_header', `Authorization carries the token of ${at}: leave the header out.`, [
      { path: 'headers.Authorization', message: 'is taken by the token' },
    ]);
}

/** The last word is OpenSSL's: it also turns down keys that are too weak. */
function checkTls({ at, certificate, key, ca }: TlsIdentity): void {
  try {
    createSecureContext({
      ...(certificate && key ? { cert: certificate, key } : {}),
      ...(ca ? { ca } : {}),
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw refusal('invalid_setting', at, `These certificates cannot be used for TLS (${code}).`);
  }
}

/** Of several authorities one that holds is enough; of a client's chain the first is the client's own. */
function checkAge(tls: TlsIdentity, part: 'certificate' | 'ca', nowMs: number): void {
  const all = readCertificates(tls[part]!) ?? [];
  const judged = part === 'ca' ? all : all.slice(0, 1);
  if (judged.some((one) => validFrom(one) <= nowMs && nowMs <= validUntil(one))) return;
  const last = judged.at(-1);
  if (!last) return;
  const why =
    nowMs > validUntil(last)
      ? `expired at ${isoMillis(validUntil(last))}`
      : `is not valid before ${isoMillis(validFrom(last))}`;
  throw refusal(
    'invalid_setting',
    `${tls.at}.${part}`,
    `The certificate ${why}; give one that is valid now.`,
  );
}

function refusal(code: ErrorCode, path: string, detail: string): AppError {
  const full = `settings.${path}`;
  return new AppError(code, `${full}: ${detail}`, [{ path: full, message: detail }]);
}
