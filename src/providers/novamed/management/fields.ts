import { z } from 'zod';
import { DoorRefusal } from '../../front-door.js';
import type { TenantSettings } from '../settings.js';

/** @param name as it stands in the refusal: "Clinic ID must be a valid UUID." */
export const uuid = (name: string) =>
  z.guid({
    error: ({ input }) => (input === undefined ? `${name} is required.` : `${name} must be a valid UUID.`),
  });

/** A body: unknown keys are refused. */
export const fields = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: ({ code }) => (code === 'invalid_type' ? 'The body must be a JSON object.' : undefined),
  });

/** @throws DoorRefusal where only some clinics exist, and this is none of them. */
export function refuseUnknownClinic(clinicId: string, { clinics }: TenantSettings): void {
  const known = clinics?.some((id) => id.toLowerCase() === clinicId.toLowerCase()) ?? true;
  if (!known) throw new DoorRefusal(400, 'clinic_not_found', 'Clinic not found');
}
