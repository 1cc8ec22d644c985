import { createHmac, timingSafeEqual } from 'node:crypto';

/** What arrived, as a consumer's framework hands it on. */
export interface Arrived {
  /** Names in lowercase. */
  headers: Readonly<Record<string, string>>;
  body: Buffer;
}

/** The JavaScript of Noyo's verification page. */
export function noyoVerifies(secret: string, { headers, body }: Arrived): boolean {
  const toHash = `${headers['x-noyo-timestamp']}.${body.toString()}`;
  const digest = Buffer.from(createHmac('sha256', secret).update(toHash).digest('hex'));
  const signatures = headers['x-noyo-signature']!.split(',').map((part) => Buffer.from(part));
  return signatures.some((s) => s.length === digest.length && timingSafeEqual(s, digest));
}

/** The line with `openssl dgst -sha256 -hmac` on the same page: the body alone. */
export function noyoProseVerifies(secret: string, { headers, body }: Arrived): boolean {
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  return headers['x-noyo-signature']!.split(',').includes(digest);
}

/** The JavaScript of HealthSync's page. */
export function healthSyncVerifies(secret: string, { headers, body }: Arrived): boolean {
  const computed = createHmac('sha256', secret).update(body).digest('hex');
  return timingSafeEqual(Buffer.from(`sha256=${computed}`), Buffer.from(headers['x-healthsync-signature']!));
}
