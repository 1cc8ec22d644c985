import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { CATALOGUE } from '../errors.js';
import type { Answer, Route } from './route.js';

const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    code: z.enum(Object.keys(CATALOGUE) as [string, ...string[]]),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });

const refused: Answer = { description: 'Refused; the code says why.' };

/** OpenAPI 3.1 of the table that is mounted, from the schemas that validate. */
export function openApiDocument(routes: readonly Route[], version: string): Record<string, unknown> {
  const registry = new OpenAPIRegistry();
  registry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'The operator’s token, or a tenant’s key.',
  });
  for (const header of new Set(routes.flatMap(({ keyHeader }) => keyHeader ?? [])))
    registry.registerComponent('securitySchemes', header, {
      type: 'apiKey',
      in: 'header',
      name: header,
      description: 'A tenant’s key.',
    });
  for (const route of routes) registry.registerPath(operationOf(route));
  const generator = new OpenApiGeneratorV31(registry.definitions);
  return generator.generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Ringer',
      version,
      description: 'Sends what webhook providers send, signed as they sign, retried as they retry.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
  }) as unknown as Record<string, unknown>;
}

function operationOf(route: Route): RouteConfig {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  const params = z.object(Object.fromEntries(names.map((name) => [name, paramOf(route, name)])));
  const responses = Object.fromEntries(
    Object.entries(route.answers).map(([status, answer]) => [status, responseOf(answer)]),
  );
  const headers = z.object({
    'Idempotency-Key': z
      .string()
      .min(1)
      .max(255)
      .optional()
      .meta({ description: 'Same key, same answer, for 24 hours.' }),
  });
  const repeatable = route.method === 'post' && !['open', 'door'].includes(route.access);
  return {
    method: route.method,
    path: route.path,
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security: securityOf(route),
    request: {
      ...(names.length > 0 ? { params } : {}),
      ...(route.query ? { query: route.query } : {}),
      ...(repeatable ? { headers } : {}),
      ...(route.body
        ? {
            body: {
              required: !route.body.safeParse({}).success,
              content: { 'application/json': { schema: route.body } },
            },
          }
        : {}),
    },
    responses: {
      ...responses,
      default: {
        ...refused,
        content: route.refusal
          ? { 'application/json': { schema: route.refusal } }
          : { 'application/problem+json': { schema: problem } },
      },
    },
  };
}

/** Any one of them opens. */
function securityOf({ access, keyHeader, orBearer }: Route): Record<string, string[]>[] {
  if (access === 'open') return [];
  if (keyHeader === undefined) return [{ bearer: [] }];
  return orBearer ? [{ [keyHeader]: [] }, { bearer: [] }] : [{ [keyHeader]: [] }];
}

function responseOf({ description, schema, types = [] }: Answer) {
  const content: Record<string, { schema: z.ZodType | { type: 'string' } }> = {};
  if (schema) content['application/json'] = { schema };
  for (const type of types) content[type] = { schema: { type: 'string' } };
  return { description, ...(Object.keys(content).length > 0 ? { content } : {}) };
}

function paramOf(route: Route, name: string): z.ZodType {
  if (name === 'tenant')
    return z.string().meta({ description: 'A tenant’s id or slug.', example: 'default' });
  if (name === 'id' && route.id) return z.string().meta({ description: `${route.id}_ and a UUID.` });
  if (name === 'n') return z.number().int().min(1);
  return z.string();
}

/** `getTenantsTenantEventsId`: from method and path, so it changes only when they do. */
function operationId({ method, path }: Route): string {
  const words = path
    .replace('/api/v1', '')
    .split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  return method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
}
