import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import './style.css';
import { pageFor } from './pages/pages.js';
import { Shell } from './shell/shell.js';
import { openSession, session, tenantSlug } from './state/api.js';
import { followClock, readClock } from './state/clock.js';
import { listenToKeys } from './state/keyboard.js';
import { loadProfiles } from './state/profiles.js';
import { sentenceOf } from './state/refusal.js';
import { followLinks, go, path } from './state/router.js';
import { say } from './state/say.js';
import { openStream } from './state/stream.js';
import { tickWall } from './state/time.js';

function App() {
  const slug = tenantSlug();
  const known = session.value !== null && session.value !== undefined;
  useEffect(() => {
    if (!known) return;
    Promise.all([readClock(), loadProfiles()]).catch((thrown) => say(sentenceOf(thrown), { wrong: true }));
  }, [slug, known]);
  return <Shell>{known && pageFor(path.value)}</Shell>;
}

if (path.value === '/') go(`/live${location.search}`, { replace: true });
followLinks();
listenToKeys();
tickWall();
followClock();
openStream();
render(<App />, document.getElementById('root')!);
openSession().catch((thrown) => say(sentenceOf(thrown), { wrong: true }));
