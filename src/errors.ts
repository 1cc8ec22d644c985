/**
 * Every refusal, once: code -> status and title. The detail is written where it happens and says what to do.
 * `docs/errors.md` lists them, and a test compares the two.
 */
export const CATALOGUE = {
  invalid_request: [400, 'The request does not fit'],
  invalid_json: [400, 'The body is not JSON'],
  unknown_provider: [400, 'No such provider'],
  unknown_event: [400, 'No such event'],
  unknown_variant: [400, 'No such variant'],
  unknown_scenario: [400, 'No such scenario'],
  unknown_fault: [400, 'No such fault'],
  unknown_check: [400, 'No such check'],
  unknown_preset: [400, 'No such preset'],
  unknown_setting: [400, 'No such setting'],
  invalid_setting: [400, 'The setting does not fit'],
  invalid_data: [400, 'The data does not fit the event'],
  invalid_url: [400, 'The URL cannot be used'],
  https_required: [400, 'The provider sends over HTTPS only'],
  egress_refused: [400, 'The address is outside of what may be reached'],
  invalid_header: [400, 'The header cannot be sent'],
  invalid_secret: [400, 'The secret does not fit'],
  invalid_duration: [400, 'The duration cannot be read'],
  invalid_instant: [400, 'The instant cannot be read'],
  invalid_cron: [400, 'The cron expression cannot be used'],
  invalid_cursor: [400, 'The cursor cannot be read'],
  environment_refused: [400, 'The provider has no webhooks in this environment'],
  events_unsupported: [400, 'The provider has no event filter'],
  event_id_unsupported: [400, 'The provider has no event id'],
  overlap_unsupported: [400, 'The provider carries one secret at a time'],
  rotation_unsupported: [400, 'The provider does not rotate secrets'],
  fault_unsupported: [400, 'The fault makes no sense there'],
  fault_refused: [400, 'The fault may not go there'],
  clock_backwards: [400, 'A clock with events only goes forward'],
  unauthorized: [401, 'No or unknown key'],
  operator_only: [403, 'Only the operator may do this'],
  read_only_key: [403, 'The key may only read'],
  origin_refused: [403, 'The request comes from another page'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'The method is not offered here'],
  conflict: [409, 'The state does not allow it'],
  slug_taken: [409, 'The slug is taken'],
  event_id_taken: [409, 'The event id is taken'],
  uid_taken: [409, 'The uid is taken'],
  idempotency_conflict: [409, 'The Idempotency-Key was used for another request'],
  clock_busy: [409, 'The clock is being moved'],
  clock_not_manual: [409, 'The clock does not stand still'],
  delivery_finished: [409, 'The delivery is finished'],
  delivery_not_finished: [409, 'The delivery is not finished'],
  subscription_stopped: [409, 'The subscription is stopped'],
  sealed_unreadable: [409, 'What is stored encrypted cannot be opened'],
  body_gone: [410, 'The body is past its retention'],
  body_too_large: [413, 'The body is too large'],
  too_many_deliveries: [413, 'Too many deliveries at once'],
  unsupported_media_type: [415, 'The content type is not JSON'],
  rate_limited: [429, 'Too many requests'],
  internal: [500, 'A fault of ours'],
  database_unavailable: [503, 'The database cannot be reached'],
  no_dispatcher: [503, 'No dispatcher is alive'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ErrorCode = keyof typeof CATALOGUE;

export interface FieldError {
  path: string;
  message: string;
}

/** The caller's fault or a refused state. Services throw it, one place renders it; nothing was changed. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly status: number;
  readonly title: string;
  /**
   * @param detail what was wrong and what to do about it, in one or two sentences.
   * @param errors the fields at fault, with their paths, where there are any.
   */
  constructor(
    readonly code: ErrorCode,
    detail: string,
    readonly errors?: readonly FieldError[],
  ) {
    super(detail);
    [this.status, this.title] = CATALOGUE[code];
  }
}

/** Fields at fault that a refusal names; a request can have a hundred thousand of them. */
const NAMED_ERRORS = 50;
const NAMED_PATH = 300;

/** The first of them, and how many more there are. */
export function fewErrors(errors: readonly FieldError[]): FieldError[] {
  const few = errors
    .slice(0, NAMED_ERRORS)
    .map(({ path, message }) => ({ path: path.slice(0, NAMED_PATH), message }));
  const more = errors.length - few.length;
  return more > 0 ? [...few, { path: '', message: `and ${more} more` }] : few;
}

/** `got "nojo"; there are noyo, voyado`: every refusal of a name lists what exists. */
export function unknownName(code: ErrorCode, what: string, got: string, known: Iterable<string>): AppError {
  const names = [...known];
  const list = names.length > 0 ? `there are: ${names.join(', ')}` : 'there are none';
  return new AppError(code, `Unknown ${what} "${got.slice(0, 100)}"; ${list}.`);
}
