import type { z } from 'zod';
import type { DoorCall } from '../../front-door.js';
import { type Application, createApplication, findApplication, removeApplication } from './application.js';
import { applicationData, type applicationInput } from './applications.js';
import { invalid, notFound } from './errors.js';

/**
 * Does something in the application that a path names; it is made where the body brings one of that uid, and gone again
 * where the work is refused.
 */
export async function inApplication<T>(
  { port, params }: Pick<DoorCall, 'port' | 'params'>,
  brought: z.output<typeof applicationInput> | null | undefined,
  work: (app: Application) => Promise<T>,
): Promise<T> {
  const ref = params.app_id ?? '';
  const found = await findApplication(port, ref);
  if (found) return work(found);
  if (!brought) throw notFound('Application');
  if (!brought.uid) throw invalid(['application', 'uid'], 'Application UID not set in body');
  if (brought.uid !== ref)
    throw invalid(['application', 'uid'], 'Application UID in the path and body must match');
  const { uid } = brought;
  const made = await port.keep((kept) => createApplication(kept, applicationData(brought, null), uid));
  try {
    return await work(made);
  } catch (refused) {
    await port.keep((kept) => removeApplication(kept, made));
    throw refused;
  }
}
