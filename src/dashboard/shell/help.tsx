import { Dialog } from '../parts/dialog.js';
import { helpOpen, shortcutsOn } from '../state/keyboard.js';
import { PLACES } from '../state/places.js';

type Key = [keys: string[], does: string];

const KEYS: Key[] = [
  [['j', 'k'], 'next and previous row'],
  [['Enter'], 'open it'],
  [['u'], 'back'],
  [['/'], 'filter'],
  [['p'], 'pause the log'],
  [['r'], 'retry a delivery now'],
  [['t'], 'send a test event'],
  [['y'], 'copy as curl'],
  [['.'], 'advance the clock to the next attempt'],
  ...PLACES.map(([, name, letter]): Key => [['g', letter], name]),
  [['?'], 'this help'],
];

export function Help() {
  if (!helpOpen.value) return null;
  return (
    <Dialog title="Keyboard" close={() => (helpOpen.value = false)}>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={does}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={shortcutsOn.value}
          onChange={(event) => {
            shortcutsOn.value = event.currentTarget.checked;
            localStorage.setItem('ringer-shortcuts', shortcutsOn.value ? 'on' : 'off');
          }}
        />
        Single letters do this
      </label>
    </Dialog>
  );
}
