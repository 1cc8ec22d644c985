import { createHmac } from 'node:crypto';
import type { Consumer, Started } from '../contract.js';

/** An event as the documents print it; three steps of a life follow one another. */
export interface Wanted {
  id: string;
  thing: string;
  step: 0 | 1 | 2;
  happenedAtMs: number;
  /** Instead of the type of the step. */
  type?: string;
  /** Merged into the top of the body. */
  extra?: Record<string, unknown>;
  /** Instead of the status of the step. */
  status?: string;
}

const STEPS: Record<Consumer['provider'], readonly [string, string, string]> = {
  noyo: ['difference.created', 'difference.discrepancy', 'difference.resolved'],
  healthsherpa: ['pending_effectuation', 'effectuated', 'terminated'],
  voyado: ['contact.created', 'contact.updated', 'contact.deleted'],
  novamed: ['order:created', 'order:shipped', 'order:delivered'],
  healthsync: ['document.uploaded', 'document.updated', 'document.deleted'],
};

export function bodyOf(provider: Consumer['provider'], wanted: Wanted): string {
  const { id, thing, step, happenedAtMs, extra = {} } = wanted;
  const type = wanted.type ?? STEPS[provider][step];
  const at = new Date(happenedAtMs).toISOString();
  const bodies: Record<Consumer['provider'], object> = {
    noyo: {
      data: { id: thing, message: 'Hello world!' },
      event: { id, type, created: Math.floor(happenedAtMs / 1000) },
    },
    healthsherpa: {
      transaction_id: 123456789,
      application_id: thing,
      policy_status: wanted.status ?? STEPS.healthsherpa[step],
      event_type: wanted.type ?? 'sync',
      event_timestamp: at,
    },
    voyado: { eventId: 'one', eventType: type, payload: { contactId: thing }, tenant: 'ringer' },
    novamed: { event_type: type, event_id: id, timestamp: at, clinic_id: 'c', data: { order_id: thing } },
    healthsync: { id, type, created_at: at, data: { object: { id: thing, filename: `${step}.pdf` } } },
  };
  return JSON.stringify({ ...bodies[provider], ...extra });
}

export interface Signing {
  id: string;
  sentAtMs: number;
  /** Newest first; each signs where the provider has a list. */
  secrets: readonly string[];
}

/** The headers the provider sends with a body: spelled as its documents spell them. */
export function headersOf(
  { provider }: Consumer,
  started: Started,
  { body, id, sentAtMs, secrets }: Signing & { body: string },
): Record<string, string> {
  const mac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);
  const hex = (text: string) => secrets.map((secret) => mac(secret, text).digest('hex'));
  const type = { 'Content-Type': 'application/json' };
  const { auth } = (started.settings ?? {}) as { auth?: { header: string; value: string } };
  switch (provider) {
    case 'noyo': {
      const at = new Date(sentAtMs).toISOString().replace('Z', '000+00:00');
      return { ...type, 'x-noyo-timestamp': at, 'x-noyo-signature': hex(`${at}.${body}`).join(',') };
    }
    case 'healthsherpa':
      return auth
        ? { ...type, [auth.header]: secrets[0]! }
        : { ...type, 'X-Webhook-Signature': hex(body)[0]! };
    case 'voyado': {
      const at = String(Math.floor(sentAtMs / 1000));
      const signatures = secrets.map((secret) => {
        const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
        return `v1,${mac(key, `${id}.${at}.${body}`).digest('base64')}`;
      });
      return { ...type, 'svix-id': id, 'svix-timestamp': at, 'svix-signature': signatures.join(' ') };
    }
    case 'novamed':
      return { ...type, 'x-api-key': secrets[0]! };
    case 'healthsync':
      return { ...type, 'X-HealthSync-Signature': `sha256=${hex(body)[0]}`, 'X-HealthSync-Delivery': id };
  }
}

/** The header that carries the proof, as `headersOf` spells it. */
export function proofHeader({ provider }: Consumer, { settings }: Started): string {
  if (provider === 'healthsherpa') return settings ? 'X-API-Key' : 'X-Webhook-Signature';
  return {
    noyo: 'x-noyo-signature',
    voyado: 'svix-signature',
    novamed: 'x-api-key',
    healthsync: 'X-HealthSync-Signature',
  }[provider];
}
