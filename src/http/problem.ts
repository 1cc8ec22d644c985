import type { NextFunction, Request, Response } from 'express';
import { AppError, fewErrors } from '../errors.js';
import type { Log } from '../lib/log.js';
import { BodyError } from '../providers/contract.js';
import type { Services } from '../services/services.js';

/** RFC 9457, as every refusal looks. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: readonly { path: string; message: string }[];
  requestId: string;
}

export interface ProblemOptions {
  log: Log;
  readiness: Pick<Services['readiness'], 'isOutage'>;
}

/** The one place that turns what was thrown into an answer. */
export function renderProblems({ log, readiness }: ProblemOptions) {
  return (thrown: unknown, request: Request, response: Response, _next: NextFunction): void => {
    const known = appErrorOf(thrown, readiness);
    if (!known) report(log, thrown, request, response);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    sendProblem(
      response,
      known ?? new AppError('internal', 'Something went wrong here; the request id finds it in the log.'),
    );
  };
}

export function sendProblem(response: Response, error: AppError): void {
  const problem: Problem = {
    type: `urn:ringer:error:${error.code}`,
    title: error.title,
    status: error.status,
    detail: error.message,
    code: error.code,
    ...(error.errors ? { errors: error.errors } : {}),
    requestId: String(response.locals.requestId ?? ''),
  };
  if (error.code === 'unauthorized') response.setHeader('WWW-Authenticate', 'Bearer realm="ringer"');
  response.status(error.status).setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  response.end(JSON.stringify(problem));
}

/** What is known of a fault: null for one of ours. */
export function appErrorOf(thrown: unknown, readiness: ProblemOptions['readiness']): AppError | null {
  if (thrown instanceof AppError) return thrown;
  if (thrown instanceof BodyError) return bodyRefusal(thrown);
  if (readiness.isOutage(thrown))
    return new AppError(
      'database_unavailable',
      'The database cannot be reached right now; try again in a moment.',
    );
  // What the router itself refuses: a path that cannot be decoded, say.
  const status = thrown instanceof Error && 'status' in thrown ? thrown.status : undefined;
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new AppError('invalid_request', 'The request cannot be read.');
  return null;
}

function bodyRefusal(error: BodyError): AppError {
  const issues = fewErrors(error.issues);
  const list = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  return new AppError('invalid_data', `${list}.`, issues);
}

/** Names and places only: a message may repeat what the caller sent. */
export function report(log: Log, thrown: unknown, request: Request, response: Response): void {
  const error = thrown instanceof Error ? thrown : new Error('not an error');
  const where = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  log.error('request failed', {
    requestId: String(response.locals.requestId ?? ''),
    method: request.method,
    route: String(response.locals.route ?? ''),
    error: error.name,
    code: 'code' in error ? String(error.code) : undefined,
    where: where?.trim(),
  });
}
