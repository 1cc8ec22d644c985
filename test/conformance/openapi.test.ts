import { Validator } from '@seriousme/openapi-schema-validator';
import { beforeAll, describe, expect, it } from 'vitest';
import { expressPath } from '../../src/http/express-path.js';
import { routesOf } from '../../src/http/server.js';
import { type Api, apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

interface Layer {
  route?: { path: string; methods: Record<string, boolean> };
}

describe('the OpenAPI document', () => {
  const world = useWorld();
  let api: Api;
  let document: {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; security: unknown[]; responses: object }>>;
  };
  beforeAll(async () => {
    api = apiOf(world);
    document = (await api.as(null).get('/openapi.json')).body;
  });

  it('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it('has every mounted route, and nothing else', () => {
    const stack = (api.app as unknown as { router: { stack: Layer[] } }).router.stack;
    const mounted = stack.flatMap(({ route }) =>
      // `all` is the answer for the methods that a path does not offer.
      route && !route.methods._all
        ? Object.keys(route.methods).map((method) => `${method} ${route.path}`)
        : [],
    );
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${expressPath(path)}`),
    );
    expect(documented.sort()).toEqual(mounted.sort());
    expect(mounted.length).toBe(routesOf(api.app).length);
  });

  it('names every operation once, says who may, and describes each answer', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { responses, security } of operations) {
      expect(responses).toHaveProperty('default');
      expect(Array.isArray(security)).toBe(true);
    }
    const atDoors = new Set(routesOf(api.app).flatMap(({ refusal, path }) => (refusal ? [path] : [])));
    const open = Object.entries(document.paths)
      .filter(([path, { get }]) => !atDoors.has(path) && get?.security.length === 0)
      .map(([path]) => path);
    expect(open).toEqual(['/healthz', '/readyz', '/openapi.json', '/metrics']);
  });

  it('describes requests by the schemas that validate them', () => {
    const { SubscriptionInput } = (
      document as unknown as {
        components: { schemas: Record<string, { required: string[]; additionalProperties: boolean }> };
      }
    ).components.schemas;
    expect(SubscriptionInput).toMatchObject({ required: ['provider', 'url'], additionalProperties: false });
  });
});
