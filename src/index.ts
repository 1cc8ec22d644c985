export { ConfigError } from './config.js';
export { AppError, type ErrorCode, type FieldError } from './errors.js';
