import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engine from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';

const require = createRequire(import.meta.url);
/** Node has it; its types leave it out. */
const { WebAssembly: wasm } = globalThis as unknown as {
  WebAssembly: {
    instantiate(
      bytes: Uint8Array,
      imports: object,
    ): Promise<{ instance: { exports: Record<string, unknown> } }>;
  };
};
const FILTERS = { externalTables: [], externalEnums: [] };

export interface SchemaEngine {
  /** The Prisma schema the database has. */
  introspect(schema: string): Promise<string>;
  /** SQL that leads from one Prisma schema to another. */
  diff(from: string | null, to: string): Promise<string>;
}

/** Prisma's own engine, in WebAssembly, on a server. */
export async function openSchemaEngine(connectionString: string, schema: string): Promise<SchemaEngine> {
  const path = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg').replace(/\.js$/, '.wasm');
  const bytes = await wasm.instantiate(readFileSync(path), { './schema_engine_bg.js': engine });
  engine.__wbg_set_wasm(bytes.instance.exports);
  (bytes.instance.exports.__wbindgen_start as () => void)();
  reportCatalogTypesAsText();
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg({ connectionString }));
  const opened = await engine.SchemaEngine.new(
    { datamodels: [['schema.prisma', schema]] },
    () => {},
    adapter,
  );
  const file = (content: string) => ({ path: 'schema.prisma', content });
  return {
    async introspect(content) {
      const result = await opened.introspect({
        schema: { files: [file(content)] },
        baseDirectoryPath: '.',
        force: true,
        compositeTypeDepth: -1,
        namespaces: null,
      });
      return result.schema.files[0]!.content;
    },
    async diff(from, to) {
      const result = await opened.diff({
        from: from === null ? { tag: 'empty' } : { tag: 'schemaDatamodel', files: [file(from)] },
        to: { tag: 'schemaDatamodel', files: [file(to)] },
        script: true,
        exitCode: null,
        filters: FILTERS,
      });
      return result.stdout ?? '';
    },
  };
}

/** The adapter refuses the catalogue's "char" and name columns; they are text to us. */
function reportCatalogTypesAsText(): void {
  const query = pg.Pool.prototype.query;
  const asText = new Map([
    [18, 25],
    [19, 25],
    [1002, 1009],
    [1003, 1009],
  ]);
  pg.Pool.prototype.query = function (this: pg.Pool, ...args: unknown[]) {
    const answer = Reflect.apply(query, this, args) as Promise<pg.QueryResult> | undefined;
    return answer?.then?.((result) => {
      for (const field of [result].flat().flatMap((r) => r.fields))
        field.dataTypeID = asText.get(field.dataTypeID) ?? field.dataTypeID;
      return result;
    });
  } as unknown as typeof query;
}
