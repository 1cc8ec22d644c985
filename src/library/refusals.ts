import { AppError } from '../errors.js';
import { BodyError } from '../providers/contract.js';

/** A body that does not fit is refused like everything else: with a code and every path. */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
    const { issues } = error;
    const detail = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
    throw new AppError('invalid_data', `${detail}.`, issues);
  }
}
