import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import type { LaneTls } from '../access/lane-access.js';

export interface SecureContexts {
  of(tls: LaneTls | null): SecureContext;
}

/** Contexts kept; one that names authorities takes about 20 ms to make and 1 MB to keep. */
const REMEMBERED = 100;

/** @param ca authorities trusted for everybody, in PEM, beside the usual ones. */
export function createSecureContexts(ca: string | null): SecureContexts {
  const known = new Map<string, SecureContext>();
  let usual: SecureContext | undefined;

  const make = (tls: LaneTls | null): SecureContext => {
    const authorities = [ca, tls?.ca ?? null].filter((pem) => pem !== null);
    return createSecureContext({
      minVersion: 'TLSv1.2',
      // `ca` replaces the usual authorities, so they are named again.
      ...(authorities.length > 0 ? { ca: [...rootCertificates, ...authorities] } : {}),
      ...(tls?.certificate && tls.key ? { cert: tls.certificate, key: tls.key } : {}),
    });
  };

  return {
    of(tls) {
      if (tls === null) {
        usual ??= make(null);
        return usual;
      }
      const context = known.get(tls.id) ?? make(tls);
      // The one used longest ago makes room.
      known.delete(tls.id);
      known.set(tls.id, context);
      if (known.size > REMEMBERED) known.delete(known.keys().next().value!);
      return context;
    },
  };
}
