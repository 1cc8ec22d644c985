import { AppError } from '../errors.js';
import { SealError } from '../lib/sealing.js';

/**
 * What lies encrypted, opened.
 * @param what `the subscription’s headers and settings`
 * @param instead what mends it where the key is lost: `PUT them anew`
 * @throws AppError `sealed_unreadable`
 */
export function openSealed<T>(open: () => T, what: string, instead: string): T {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    throw new AppError(
      'sealed_unreadable',
      `Of ${what} something cannot be opened: ${error.message}. Start Ringer with the key it was sealed under (RINGER_SECRET_KEY=new,old), or ${instead}.`,
    );
  }
}
