import { AppError } from '../../errors.js';

/** Only fuzzing needs it, so only who fuzzes installs it. @throws AppError `invalid_request` where it is not there. */
export async function loadFastCheck(): Promise<typeof import('fast-check')> {
  try {
    return await import('fast-check');
  } catch {
    throw new AppError(
      'invalid_request',
      'Fuzzing needs the package fast-check: npm install --save-dev fast-check.',
    );
  }
}
