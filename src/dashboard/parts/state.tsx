import type { ComponentChildren } from 'preact';
import type { Loaded } from '../state/load.js';

/** What stands while something is read, and what stands when that failed. */
export function Ready<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (of.value !== undefined)
    return (
      <>
        {of.error && <Wrong text={of.error} again={of.reload} />}
        {children(of.value)}
      </>
    );
  if (of.error) return <Wrong text={of.error} again={of.reload} />;
  return (
    <div class="loading" role="status">
      <span class="sr">Loading</span>
      <i />
      <i />
      <i />
    </div>
  );
}

export function Wrong({ text, again }: { text: string; again?: () => Promise<void> }) {
  return (
    <div class="wrong" role="alert">
      <p>{text}</p>
      {again && (
        <button type="button" onClick={() => void again()}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Nothing is here yet: what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
