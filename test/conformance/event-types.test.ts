import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadRegistry } from '../../src/providers/registry.js';
import { eventTypesModule } from '../support/event-types.js';

const FILE = fileURLToPath(new URL('../../src/providers/event-data.ts', import.meta.url));

it('the types of events are those of the schemas', async () => {
  const registry = await loadRegistry();
  await expect(eventTypesModule(registry.list())).toMatchFileSnapshot(FILE);
});
