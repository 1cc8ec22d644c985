import { Page } from '../parts/page.js';
import { ApiDocument } from './api/document.js';

/** The API as its own document says, without anything from elsewhere. */
export function ApiPage() {
  return (
    <Page
      title="API"
      lead="Everything this page does, and more, as the OpenAPI document says it."
      actions={
        <a class="button" href="/openapi.json" download="ringer-openapi.json">
          Download OpenAPI 3.1
        </a>
      }
    >
      <ApiDocument />
    </Page>
  );
}
