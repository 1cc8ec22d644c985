import type { Run } from '../contract.js';

export function htmlReport(run: Run): string {
  return `<!doctype html><title>${run.report.provider}</title>`;
}
