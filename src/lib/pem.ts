import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, in their order; null where there is none, or one that cannot be read. */
export function readCertificates(pem: string): X509Certificate[] | null {
  const blocks = pem.match(CERTIFICATE);
  if (!blocks) return null;
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

/** The private key in a PEM text; `encrypted` where a passphrase would be needed, null where there is none. */
export function readPrivateKey(pem: string): KeyObject | 'encrypted' | null {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(pem)) return 'encrypted';
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

/** When a certificate stops being valid, milliseconds since 1970. */
export function validUntil(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

export function validFrom(certificate: X509Certificate): number {
  return Date.parse(certificate.validFrom);
}
