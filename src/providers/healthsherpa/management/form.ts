import { z } from 'zod';
import { MASK } from '../../../lib/mask.js';
import type { Json } from '../../../lib/merge-patch.js';
import { DoorRefusal } from '../../front-door.js';
import type { PortSubscription, PortSubscriptionInput } from '../../port.js';
import type { Auth } from '../auth.js';
import type { SubscriptionSettings } from '../settings.js';

const text = z.string().min(1);
const methods = {
  none: z.strictObject({ type: z.literal('none') }),
  api_key: z.strictObject({ type: z.literal('api_key'), header: text.default('X-API-Key'), value: text }),
  basic: z.strictObject({ type: z.literal('basic'), username: z.string(), password: z.string() }),
  bearer: z.strictObject({ type: z.literal('bearer'), token: text }),
  custom_headers: z.strictObject({
    type: z.literal('custom_headers'),
    headers: z.record(z.string(), z.string()),
  }),
  oauth2_client_credentials: z.strictObject({
    type: z.literal('oauth2_client_credentials'),
    token_url: text,
    client_id: text,
    client_secret: text,
    scope: text.nullable().default(null),
    audience: text.nullable().default(null),
    client_authentication: z.enum(['basic', 'body']).default('basic'),
  }),
  hmac: z.strictObject({ type: z.literal('hmac'), secret: text }),
  mtls: z.strictObject({ type: z.literal('mtls'), client_certificate: text, client_key: text }),
};
const authentication = z.discriminatedUnion('type', [
  ...[methods.none, methods.api_key, methods.basic, methods.bearer, methods.custom_headers],
  ...[methods.oauth2_client_credentials, methods.hmac, methods.mtls],
] as const);
type Authentication = z.infer<typeof authentication>;

/** The five fields of the form, and the authority of a receiver whose certificate no public one has signed. */
export const form = z.strictObject({
  webhook_url: z.string().describe('The HTTPS endpoint that will receive webhook POST requests.'),
  authentication: authentication.default({ type: 'none' }).describe('The desired one, with its credentials.'),
  exchange: z.enum(['on_exchange', 'off_exchange', 'both']),
  webhooks: z.enum(['submission_confirmation', 'policy_status', 'both']),
  environment: z.enum(['sandbox', 'production']),
  certificate_authority: text.nullable().default(null).describe('PEM; trusted beside the usual ones.'),
});
export type Form = z.output<typeof form>;

const EXCHANGES = { on_exchange: 'on', off_exchange: 'off', both: 'both' } as const;
const WEBHOOKS = {
  submission_confirmation: 'submission',
  policy_status: 'policy_status',
  both: 'both',
} as const;

/** What a subscription is made of, or changed to, by a form that was handed in. The environment is the door's to decide. */
export function subscriptionFrom(given: Form): Omit<PortSubscriptionInput, 'secret'> & { url: string } {
  const {
    authentication: method,
    webhook_url,
    exchange,
    webhooks,
    environment,
    certificate_authority,
  } = given;
  const { auth, tls } = settingsOf(method);
  return {
    url: webhook_url,
    settings: {
      exchange: EXCHANGES[exchange],
      webhooks: WEBHOOKS[webhooks],
      auth,
      tls: { ...tls, ca: certificate_authority },
    },
    details: { environment },
  };
}

/**
 * What becomes of the signing secret: a new one, none any more, or absent for as it was.
 * @param before the form that holds so far, with its secrets masked; null where there is none.
 * @throws DoorRefusal for a mask that stands for nothing.
 */
export function secretChange(
  { authentication: method }: Form,
  before: Form | null,
): { secret?: string | null } {
  const wasSigned = before?.authentication.type === 'hmac';
  if (method.type !== 'hmac') return wasSigned ? { secret: null } : {};
  if (method.secret !== MASK) return { secret: method.secret };
  if (wasSigned) return {};
  const message = 'is a mask, not a value';
  throw new DoorRefusal(422, 'invalid_secret', message, [
    { in: 'body', path: ['authentication', 'secret'], message, type: 'invalid_secret' },
  ]);
}

function settingsOf(method: Authentication): { auth: { [key: string]: Json }; tls: { [key: string]: Json } } {
  const plain = { certificate: null, key: null };
  switch (method.type) {
    case 'none':
    case 'hmac':
      return { auth: { kind: 'none' }, tls: plain };
    case 'api_key':
      return { auth: { kind: 'apiKey', header: method.header, value: method.value }, tls: plain };
    case 'basic':
      return { auth: { kind: 'basic', username: method.username, password: method.password }, tls: plain };
    case 'bearer':
      return { auth: { kind: 'bearer', token: method.token }, tls: plain };
    case 'custom_headers':
      return { auth: { kind: 'customHeaders', headers: method.headers }, tls: plain };
    case 'oauth2_client_credentials': {
      const { token_url, client_id, client_secret, scope, audience, client_authentication } = method;
      const auth = {
        kind: 'oauth2',
        tokenUrl: token_url,
        clientId: client_id,
        clientSecret: client_secret,
        scope,
        audience,
        clientAuthentication: client_authentication,
      };
      return { auth, tls: plain };
    }
    case 'mtls':
      return {
        auth: { kind: 'none' },
        tls: { certificate: method.client_certificate, key: method.client_key },
      };
  }
}

/** The form as it stands now, credentials masked. @param signed whether a signing secret is in force. */
export function formOf({ url, environment, settings, details }: PortSubscription, signed: boolean): Form {
  const { auth, tls, exchange, webhooks } = settings as SubscriptionSettings;
  return {
    webhook_url: url,
    authentication: methodOf(auth, tls, signed),
    exchange: keyOf(EXCHANGES, exchange),
    webhooks: keyOf(WEBHOOKS, webhooks),
    environment: (details.environment ?? environment) === 'sandbox' ? 'sandbox' : 'production',
    certificate_authority: tls.ca,
  };
}

function methodOf(auth: Auth, tls: SubscriptionSettings['tls'], signed: boolean): Authentication {
  switch (auth.kind) {
    case 'apiKey':
      return { type: 'api_key', header: auth.header, value: MASK };
    case 'basic':
      return { type: 'basic', username: auth.username, password: MASK };
    case 'bearer':
      return { type: 'bearer', token: MASK };
    case 'customHeaders':
      return {
        type: 'custom_headers',
        headers: Object.fromEntries(Object.keys(auth.headers).map((name) => [name, MASK])),
      };
    case 'oauth2':
      return {
        type: 'oauth2_client_credentials',
        token_url: auth.tokenUrl,
        client_id: auth.clientId,
        client_secret: MASK,
        scope: auth.scope,
        audience: auth.audience,
        client_authentication: auth.clientAuthentication,
      };
    case 'none':
      if (tls.certificate !== null)
        return { type: 'mtls', client_certificate: tls.certificate, client_key: MASK };
      return signed ? { type: 'hmac', secret: MASK } : { type: 'none' };
  }
}

function keyOf<K extends string>(words: Readonly<Record<K, string>>, value: string): K {
  return (Object.keys(words) as K[]).find((key) => words[key] === value)!;
}

const FIELDS: readonly (readonly [RegExp, string])[] = [
  [/^url$/, 'webhook_url'],
  [/^secret$/, 'authentication.secret'],
  [/^settings\.tls\.certificate$/, 'authentication.client_certificate'],
  [/^settings\.tls\.key$/, 'authentication.client_key'],
  [/^settings\.tls\.ca$/, 'certificate_authority'],
  [/^settings\.(?:auth|tls)/, 'authentication'],
];

/** What a refused part of the subscription is called on the form. */
export function formFieldOf(path: string): string {
  const known = FIELDS.find(([pattern]) => pattern.test(path));
  const named = known ? path.replace(...known) : path;
  return named.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
