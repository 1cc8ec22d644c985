import type { Run } from '../contract.js';
import { htmlReport } from './html.js';
import { junitReport } from './junit.js';

export type ReportFormat = 'json' | 'junit' | 'html';

export function reportText(run: Run, format: ReportFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(run.report, null, 2)}\n`;
    case 'junit':
      return junitReport(run.report);
    case 'html':
      return htmlReport(run);
  }
}
