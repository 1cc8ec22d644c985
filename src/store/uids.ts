import { AppError } from '../errors.js';

/** Writes something that carries a uid. @throws AppError `uid_taken` when the unique index of this name has it already. */
export async function claimUid<T>(
  index: 'subscription_uid' | 'door_record_uid',
  uid: string | null | undefined,
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { code, constraint } = error as { code?: unknown; constraint?: unknown };
    if (code !== '23505' || constraint !== index) throw error;
    throw new AppError('uid_taken', `The uid "${uid}" is taken; choose another one.`, [
      { path: 'uid', message: 'taken' },
    ]);
  }
}
