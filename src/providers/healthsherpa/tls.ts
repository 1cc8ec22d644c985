import { z } from 'zod';
import { readCertificates, readPrivateKey } from '../../lib/pem.js';

const pem = z.string().max(100_000, 'at most 100,000 characters').nullable().default(null);

/** A client certificate with its key, and authorities of the consumer's own; independent of each other and of `auth`. */
export const tlsSetting = z
  .strictObject({
    certificate: pem.describe('The client certificate in PEM, its chain after it.'),
    key: pem.describe('Its private key in PEM, without a passphrase.'),
    ca: pem.describe('Authorities in PEM that signed the certificate of the receiver.'),
  })
  .superRefine((tls, context) => {
    const refuse = (key: keyof typeof tls, message: string) =>
      context.addIssue({ code: 'custom', path: [key], message });
    const certificates = tls.certificate === null ? null : readCertificates(tls.certificate);
    const key = tls.key === null ? null : readPrivateKey(tls.key);
    if (tls.certificate !== null && !certificates)
      refuse('certificate', 'is no certificate in PEM (-----BEGIN CERTIFICATE-----)');
    if (tls.key !== null && key === null)
      refuse('key', 'is no private key in PEM (-----BEGIN PRIVATE KEY-----)');
    if (key === 'encrypted') refuse('key', 'needs a passphrase: give the key without one');
    if (tls.ca !== null && !readCertificates(tls.ca))
      refuse('ca', 'is no certificate in PEM (-----BEGIN CERTIFICATE-----)');
    if (tls.certificate !== null && tls.key === null)
      refuse('key', 'is missing: a certificate goes with its key');
    if (tls.certificate === null && tls.key !== null)
      refuse('certificate', 'is missing: a key goes with its certificate');
    if (certificates && key !== null && key !== 'encrypted' && !certificates[0]!.checkPrivateKey(key))
      refuse('key', 'does not fit the certificate, the first one where there are several');
  });

export type Tls = z.infer<typeof tlsSetting>;
