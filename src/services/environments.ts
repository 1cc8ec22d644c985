import { AppError } from '../errors.js';
import type { Profile } from '../providers/contract.js';

/**
 * @param given null or absent = the profile's default.
 * @throws AppError `environment_refused`, with the provider's own words where it has any.
 */
export function environmentOf(profile: Profile, given: string | null | undefined): string {
  const { offered, refused } = profile.environments.value;
  if (given === null || given === undefined) return offered[0];
  if (offered.includes(given)) return given;
  const passage = refused[given];
  const there = `there are: ${offered.join(', ')}`;
  if (passage !== undefined) {
    throw new AppError(
      'environment_refused',
      `${profile.name}: "${passage}" Use another environment; ${there}.`,
      [{ path: 'environment', message: passage }],
    );
  }
  throw new AppError(
    'environment_refused',
    `${profile.name} has no environment "${given.slice(0, 50)}"; ${there}.`,
    [{ path: 'environment', message: there }],
  );
}
