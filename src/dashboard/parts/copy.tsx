import { say } from '../state/say.js';
import { Icon } from './icon.js';

/** Puts text on the clipboard; where the browser forbids that it is selected instead. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(`Copied ${what}.`);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    say(done ? `Copied ${what}.` : `This browser does not let a page copy: select ${what} by hand.`, {
      wrong: !done,
    });
  }
}

export function Copy({ text, what, label }: { text: string | (() => string); what: string; label?: string }) {
  const copy = () => void copyText(typeof text === 'string' ? text : text(), what);
  return (
    <button
      type="button"
      class={label ? 'copy' : 'copy bare'}
      aria-label={label ? undefined : `Copy ${what}`}
      onClick={copy}
    >
      <Icon name="copy" />
      {label}
    </button>
  );
}

/** A command to run as it stands. */
export function Command({ text, what = 'the command' }: { text: string; what?: string }) {
  return (
    <div class="command">
      <pre tabindex={0}>{text}</pre>
      <Copy text={text} what={what} />
    </div>
  );
}
