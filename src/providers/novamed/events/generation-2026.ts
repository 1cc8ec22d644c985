import { z } from 'zod';
import { randomText, uuid4 } from '../../../lib/ids.js';
import { assumedClaim, externalClaim } from '../../claims.js';
import type { EventType, ExampleContext } from '../../contract.js';
import { tenantOf } from '../settings.js';
import { GUIDE_2026 } from '../sources.js';
import { event2026 } from './envelope.js';

const order = {
  id: z.string(),
  clinic_id: z.guid(),
  patient_id: z.string(),
  practitioner_id: z.string(),
  // "not available for all events", and which ones is not said.
  rx_number: z.string().optional(),
};

const sampleOrder = ({ random, settings }: ExampleContext) => ({
  id: uuid4(random),
  clinic_id: tenantOf(settings).defaultClinicId,
  patient_id: uuid4(random),
  practitioner_id: uuid4(random),
  rx_number: randomText(random, 6, '0123456789'),
});

function medicationOrder(change: string, printed: boolean): EventType {
  return event2026({
    type: `medication_order:${change}`,
    summary: `Medication order has been ${change}.`,
    claim: externalClaim(GUIDE_2026),
    bodyClaim: printed
      ? externalClaim(GUIDE_2026, 'printed as the medication order event example')
      : assumedClaim('the one printed medication order event stands for its family', GUIDE_2026),
    data: order,
    sample: sampleOrder,
  });
}

function shipment(change: string, printed: boolean): EventType {
  return event2026({
    type: `shipment:${change}`,
    summary: `Shipment has been ${change}.`,
    claim: externalClaim(GUIDE_2026),
    bodyClaim: printed
      ? externalClaim(GUIDE_2026, 'printed as the shipment created event example')
      : assumedClaim('the additional fields come "after a shipment is created"', GUIDE_2026),
    data: {
      ...order,
      shipping_label: z.string(),
      shipment_id: z.string(),
      shipment_provider: z.string(),
      tracking_url: z.string(),
    },
    sample: (context) => ({
      ...sampleOrder(context),
      shipping_label: 'https://example.com/shipping-label.pdf',
      shipment_id: uuid4(context.random),
      shipment_provider: 'Ameriship',
      tracking_url: 'https://example.com/tracking',
    }),
  });
}

const practitionerActivated = event2026({
  type: 'practitioner:activated',
  summary: 'Practitioner account has been activated.',
  claim: externalClaim(GUIDE_2026),
  bodyClaim: externalClaim(GUIDE_2026, 'printed; it names no clinic'),
  data: {
    practitioner_id: z.string(),
    practitioner_name: z.string(),
    practitioner_email: z.string(),
    practitioner_phone: z.string(),
    practitioner_npi: z.string(),
    practitioner_status: z.string(),
  },
  sample: ({ random }) => ({
    practitioner_id: uuid4(random),
    practitioner_name: 'Dr. John Smith',
    practitioner_email: 'dr.smith@clinic.com',
    practitioner_phone: '+1-555-0123',
    practitioner_npi: '1234567890',
    practitioner_status: 'active',
  }),
});

export const generation2026: readonly EventType[] = [
  medicationOrder('verified', true),
  medicationOrder('submitted', false),
  medicationOrder('acknowledged', false),
  medicationOrder('filled', false),
  shipment('created', true),
  shipment('cancelled', false),
  practitionerActivated,
];
