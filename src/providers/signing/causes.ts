/** Why a request does not verify; what people get wrong, by name. */
export type CauseCode =
  | 'missing_header'
  | 'wrong_header'
  | 'trailing_newline'
  | 'crlf'
  | 'bom'
  | 'reserialised_json'
  | 'charset'
  | 'truncated_body'
  | 'changed_body'
  | 'secret_whitespace'
  | 'secret_encoding'
  | 'wrong_secret'
  | 'wrong_scheme'
  | 'damaged_signature'
  | 'stale_timestamp'
  | 'future_timestamp'
  | 'unreadable_timestamp';

export interface Cause {
  code: CauseCode;
  /** What happened and what to do about it, in plain words. */
  text: string;
}
