import { unknownName } from '../../errors.js';
import { emptyBody } from './broken/empty-body.js';
import { halfOpen } from './broken/half-open.js';
import { malformedJson } from './broken/malformed-json.js';
import { resetMidBody } from './broken/reset-mid-body.js';
import { slowHeaders } from './broken/slow-headers.js';
import { truncatedBody } from './broken/truncated-body.js';
import { wrongContentType } from './broken/wrong-content-type.js';
import type { Fault } from './fault.js';
import { badSignature } from './hostile/bad-signature.js';
import { capturedReplay } from './hostile/captured-replay.js';
import { futureTimestamp } from './hostile/future-timestamp.js';
import { idSwap } from './hostile/id-swap.js';
import { missingSignature } from './hostile/missing-signature.js';
import { otherTenantSecret } from './hostile/other-tenant-secret.js';
import { retiredSecret } from './hostile/retired-secret.js';
import { staleTimestamp } from './hostile/stale-timestamp.js';
import { tamperedBody } from './hostile/tampered-body.js';
import { wrongSchemeVersion } from './hostile/wrong-scheme-version.js';
import { wrongSecret } from './hostile/wrong-secret.js';
import { ackLost } from './legal/ack-lost.js';
import { bigBody } from './legal/big-body.js';
import { burst } from './legal/burst.js';
import { byteVariants } from './legal/byte-variants.js';
import { chunked } from './legal/chunked.js';
import { delay } from './legal/delay.js';
import { duplicate } from './legal/duplicate.js';
import { duplicateConcurrent } from './legal/duplicate-concurrent.js';
import { extraHeader } from './legal/extra-header.js';
import { headerCase } from './legal/header-case.js';
import { late } from './legal/late.js';
import { outage } from './legal/outage.js';
import { reorder } from './legal/reorder.js';
import { replayByOperator } from './legal/replay-by-operator.js';
import { rotatedSecret } from './legal/rotated-secret.js';
import { slowBody } from './legal/slow-body.js';
import { unknownEnum } from './legal/unknown-enum.js';
import { unknownEventType } from './legal/unknown-event-type.js';
import { unknownField } from './legal/unknown-field.js';

/** Every fault there is, once. `docs/faults.md` lists them, and a test compares the two and the folder. */
export const CATALOGUE = [
  duplicate,
  duplicateConcurrent,
  ackLost,
  reorder,
  delay,
  late,
  burst,
  outage,
  slowBody,
  chunked,
  extraHeader,
  headerCase,
  unknownEventType,
  unknownField,
  unknownEnum,
  bigBody,
  byteVariants,
  rotatedSecret,
  replayByOperator,
  badSignature,
  missingSignature,
  tamperedBody,
  staleTimestamp,
  futureTimestamp,
  wrongSecret,
  otherTenantSecret,
  retiredSecret,
  wrongSchemeVersion,
  idSwap,
  capturedReplay,
  truncatedBody,
  emptyBody,
  malformedJson,
  wrongContentType,
  resetMidBody,
  slowHeaders,
  halfOpen,
] as const satisfies readonly Fault[];

const BY_TYPE = new Map(CATALOGUE.map((fault): [string, Fault] => [fault.type, fault]));

/** @throws AppError `unknown_fault` */
export function findFault(type: string): Fault {
  const found = BY_TYPE.get(type);
  if (!found) throw unknownName('unknown_fault', 'fault', type, BY_TYPE.keys());
  return found;
}
