import type { ComponentChildren } from 'preact';
import { session } from '../state/api.js';
import { said } from '../state/say.js';
import { Help } from './help.js';
import { Nav } from './nav.js';
import { SignIn } from './sign-in.js';
import { TopBar } from './top-bar.js';

export function Shell({ children }: { children: ComponentChildren }) {
  if (session.value === undefined) return null;
  if (session.value === null) return <SignIn />;
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Nav />
      <TopBar />
      <main id="main" tabindex={-1}>
        {children}
      </main>
      <Help />
      <Said />
    </div>
  );
}

/** Read out and shown; the element stands always, so that readers hear what is put into it. */
function Said() {
  const { text, wrong } = said.value ?? { text: '', wrong: false };
  return (
    <div class={`said${text ? ' shown' : ''}${wrong ? ' bad' : ''}`} role="status">
      {text}
    </div>
  );
}
