/** The operations of Svix's open-source API, as the official library names and calls them. */
export const OPERATIONS = [
  ['application.list', 'GET', '/app'],
  ['application.create', 'POST', '/app'],
  ['application.get', 'GET', '/app/{app_id}'],
  ['application.update', 'PUT', '/app/{app_id}'],
  ['application.patch', 'PATCH', '/app/{app_id}'],
  ['application.delete', 'DELETE', '/app/{app_id}'],
  ['endpoint.list', 'GET', '/app/{app_id}/endpoint'],
  ['endpoint.create', 'POST', '/app/{app_id}/endpoint'],
  ['endpoint.get', 'GET', '/app/{app_id}/endpoint/{endpoint_id}'],
  ['endpoint.update', 'PUT', '/app/{app_id}/endpoint/{endpoint_id}'],
  ['endpoint.patch', 'PATCH', '/app/{app_id}/endpoint/{endpoint_id}'],
  ['endpoint.delete', 'DELETE', '/app/{app_id}/endpoint/{endpoint_id}'],
  ['endpoint.getSecret', 'GET', '/app/{app_id}/endpoint/{endpoint_id}/secret'],
  ['endpoint.rotateSecret', 'POST', '/app/{app_id}/endpoint/{endpoint_id}/secret/rotate'],
  ['endpoint.getHeaders', 'GET', '/app/{app_id}/endpoint/{endpoint_id}/headers'],
  ['endpoint.updateHeaders', 'PUT', '/app/{app_id}/endpoint/{endpoint_id}/headers'],
  ['endpoint.patchHeaders', 'PATCH', '/app/{app_id}/endpoint/{endpoint_id}/headers'],
  ['endpoint.recover', 'POST', '/app/{app_id}/endpoint/{endpoint_id}/recover'],
  ['endpoint.sendExample', 'POST', '/app/{app_id}/endpoint/{endpoint_id}/send-example'],
  ['endpoint.getStats', 'GET', '/app/{app_id}/endpoint/{endpoint_id}/stats'],
  ['message.list', 'GET', '/app/{app_id}/msg'],
  ['message.create', 'POST', '/app/{app_id}/msg'],
  ['message.get', 'GET', '/app/{app_id}/msg/{msg_id}'],
  ['message.expungeContent', 'DELETE', '/app/{app_id}/msg/{msg_id}/content'],
  ['messageAttempt.listByEndpoint', 'GET', '/app/{app_id}/attempt/endpoint/{endpoint_id}'],
  ['messageAttempt.listByMsg', 'GET', '/app/{app_id}/attempt/msg/{msg_id}'],
  ['messageAttempt.get', 'GET', '/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}'],
  ['messageAttempt.expungeContent', 'DELETE', '/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/content'],
  ['messageAttempt.listAttemptedMessages', 'GET', '/app/{app_id}/endpoint/{endpoint_id}/msg'],
  ['messageAttempt.listAttemptedDestinations', 'GET', '/app/{app_id}/msg/{msg_id}/endpoint'],
  ['messageAttempt.resend', 'POST', '/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/resend'],
  ['eventType.list', 'GET', '/event-type'],
  ['eventType.create', 'POST', '/event-type'],
  ['eventType.get', 'GET', '/event-type/{event_type_name}'],
  ['eventType.update', 'PUT', '/event-type/{event_type_name}'],
  ['eventType.patch', 'PATCH', '/event-type/{event_type_name}'],
  ['eventType.delete', 'DELETE', '/event-type/{event_type_name}'],
  ['authentication.appPortalAccess', 'POST', '/auth/app-portal-access/{app_id}'],
  ['authentication.logout', 'POST', '/auth/logout'],
  ['health.get', 'GET', '/health'],
] as const;

export type Operation = (typeof OPERATIONS)[number][0];

/** What hosted Svix offers beside and Ringer does: an operation each, not among the forty. */
export const BESIDE = [
  ['endpoint.replayMissing', 'POST', '/app/{app_id}/endpoint/{endpoint_id}/replay-missing'],
  ['operationalWebhookEndpoint.list', 'GET', '/operational-webhook/endpoint'],
  ['operationalWebhookEndpoint.create', 'POST', '/operational-webhook/endpoint'],
  ['operationalWebhookEndpoint.get', 'GET', '/operational-webhook/endpoint/{endpoint_id}'],
  ['operationalWebhookEndpoint.update', 'PUT', '/operational-webhook/endpoint/{endpoint_id}'],
  ['operationalWebhookEndpoint.delete', 'DELETE', '/operational-webhook/endpoint/{endpoint_id}'],
  ['operationalWebhookEndpoint.getSecret', 'GET', '/operational-webhook/endpoint/{endpoint_id}/secret'],
  [
    'operationalWebhookEndpoint.rotateSecret',
    'POST',
    '/operational-webhook/endpoint/{endpoint_id}/secret/rotate',
  ],
  ['operationalWebhookEndpoint.getHeaders', 'GET', '/operational-webhook/endpoint/{endpoint_id}/headers'],
  ['operationalWebhookEndpoint.updateHeaders', 'PUT', '/operational-webhook/endpoint/{endpoint_id}/headers'],
] as const;

/** The operation behind a request; undefined where it is none of the known ones. */
export function operationOf(method: string, path: string): string | undefined {
  return [...OPERATIONS, ...BESIDE].find(
    ([, verb, template]) =>
      verb === method && new RegExp(`^/api/v1${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )?.[0];
}

/** Keys of an answer: `required` are there and of this type, `optional` may be left out or null. */
interface Keys {
  required: Record<string, string>;
  optional: readonly string[];
}

const dates = { createdAt: 'date', updatedAt: 'date' };
const throttle = ['rateLimit', 'throttleRate'];
const endpointOptional = ['uid', 'channels', 'disabled', 'filterTypes', 'eventTypes', ...throttle];
const endpoint = { id: 'string', url: 'string', description: 'string', version: 'number', ...dates };
const standing = { status: 'number', statusText: 'string' };
const message = { id: 'string', eventType: 'string', payload: 'any', timestamp: 'date' };
const messageOptional = ['eventId', 'channels', 'tags', 'deliverAt'];
const task = { id: 'string', status: 'string', task: 'string', updatedAt: 'date' };

/** What Svix's published OpenAPI document says of each answer, in our words. */
export const ANSWERS = {
  Application: {
    required: { id: 'string', name: 'string', metadata: 'object', ...dates },
    optional: ['uid', ...throttle],
  },
  Endpoint: { required: { ...endpoint, metadata: 'object' }, optional: endpointOptional },
  OperationalEndpoint: {
    required: { id: 'string', url: 'string', description: 'string', metadata: 'object', ...dates },
    optional: ['uid', 'disabled', 'filterTypes', 'eventTypes', ...throttle],
  },
  Secret: { required: { key: 'string' }, optional: [] },
  Headers: { required: { headers: 'object', sensitive: 'array' }, optional: [] },
  Task: { required: task, optional: [] },
  Stats: {
    required: { success: 'number', pending: 'number', sending: 'number', fail: 'number', canceled: 'number' },
    optional: [],
  },
  Message: { required: message, optional: messageOptional },
  Attempt: {
    required: {
      id: 'string',
      msgId: 'string',
      endpointId: 'string',
      url: 'string',
      response: 'string',
      responseStatusCode: 'number',
      responseDurationMs: 'number',
      triggerType: 'number',
      timestamp: 'date',
      ...standing,
    },
    optional: ['msg'],
  },
  EndpointMessage: { required: { ...message, ...standing }, optional: [...messageOptional, 'nextAttempt'] },
  MessageEndpoint: { required: { ...endpoint, ...standing }, optional: [...endpointOptional, 'nextAttempt'] },
  EventType: {
    required: { name: 'string', description: 'string', deprecated: 'boolean', ...dates },
    optional: ['archived', 'schemas', 'groupName', 'featureFlag', 'featureFlags'],
  },
  PortalAccess: { required: { url: 'string', token: 'string' }, optional: [] },
  Empty: { required: {}, optional: [] },
} as const satisfies Record<string, Keys>;

type Answer = keyof typeof ANSWERS;

/** Which answer an operation gives; a list of them where it is written `[…]`; null = none (204). */
const ANSWER_OF: Record<string, Answer | readonly [Answer] | null> = {
  'application.list': ['Application'],
  'application.delete': null,
  'endpoint.list': ['Endpoint'],
  'endpoint.delete': null,
  'endpoint.getSecret': 'Secret',
  'endpoint.rotateSecret': null,
  'endpoint.getHeaders': 'Headers',
  'endpoint.updateHeaders': null,
  'endpoint.patchHeaders': null,
  'endpoint.recover': 'Task',
  'endpoint.replayMissing': 'Task',
  'endpoint.sendExample': 'Message',
  'endpoint.getStats': 'Stats',
  'message.list': ['Message'],
  'message.expungeContent': null,
  'messageAttempt.listByEndpoint': ['Attempt'],
  'messageAttempt.listByMsg': ['Attempt'],
  'messageAttempt.get': 'Attempt',
  'messageAttempt.expungeContent': null,
  'messageAttempt.listAttemptedMessages': ['EndpointMessage'],
  'messageAttempt.listAttemptedDestinations': ['MessageEndpoint'],
  'messageAttempt.resend': 'Empty',
  'eventType.list': ['EventType'],
  'eventType.delete': null,
  'authentication.appPortalAccess': 'PortalAccess',
  'authentication.logout': null,
  'health.get': null,
  'operationalWebhookEndpoint.list': ['OperationalEndpoint'],
  'operationalWebhookEndpoint.delete': null,
  'operationalWebhookEndpoint.getSecret': 'Secret',
  'operationalWebhookEndpoint.rotateSecret': null,
  'operationalWebhookEndpoint.getHeaders': 'Headers',
  'operationalWebhookEndpoint.updateHeaders': null,
};
const BY_TAG: Record<string, Answer> = {
  application: 'Application',
  endpoint: 'Endpoint',
  message: 'Message',
  eventType: 'EventType',
  operationalWebhookEndpoint: 'OperationalEndpoint',
};

/** What does not fit Svix's document in a successful answer; empty = it fits. */
export function misfitsOf(operation: string, { status, body }: { status: number; body: string }): string[] {
  const wanted = operation in ANSWER_OF ? ANSWER_OF[operation]! : BY_TAG[operation.split('.')[0]!]!;
  if (wanted === null) return status === 204 && body === '' ? [] : [`answers ${status} with a body`];
  const answer = JSON.parse(body) as Record<string, unknown>;
  if (typeof wanted === 'string') return misfitsIn(answer, ANSWERS[wanted], operation);
  const { data, ...rest } = answer;
  const page = { required: { done: 'boolean' }, optional: ['iterator', 'prevIterator'] };
  const entries = Array.isArray(data) ? data : [];
  return [
    ...(Array.isArray(data) ? [] : [`${operation}: data is no list`]),
    ...misfitsIn(rest, page, operation),
    ...entries.flatMap((entry) => misfitsIn(entry, ANSWERS[wanted[0]], `${operation}: data[]`)),
  ];
}

function misfitsIn(answer: Record<string, unknown>, { required, optional }: Keys, where: string): string[] {
  const missing = Object.entries(required).filter(([key, type]) => !isA(answer[key], type));
  const more = Object.keys(answer).filter((key) => !(key in required) && !optional.includes(key));
  return [
    ...missing.map(([key, type]) => `${where}.${key} is ${JSON.stringify(answer[key])}, no ${type}`),
    ...more.map((key) => `${where}.${key} is nothing that Svix knows`),
  ];
}

function isA(value: unknown, type: string): boolean {
  if (type === 'any') return value !== undefined;
  if (type === 'array') return Array.isArray(value);
  if (type === 'date') return typeof value === 'string' && !Number.isNaN(Date.parse(value));
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return typeof value === type;
}
