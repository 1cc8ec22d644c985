/** Whether this is an object or a list in JSON that ends too early. */
export function breaksOff(text: string): boolean {
  const whole = text.trim();
  if (!/^[{[]/.test(whole)) return false;
  const close: string[] = [];
  let quoted = false;
  for (let i = 0; i < whole.length; i++) {
    const letter = whole[i]!;
    if (quoted) {
      if (letter === '\\') i += 1;
      else if (letter === '"') quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === '{') close.push('}');
    else if (letter === '[') close.push(']');
    else if ((letter === '}' || letter === ']') && close.pop() !== letter) return false;
  }
  // A quote that was changed swallows all that follows it, the last bracket too.
  if (quoted) return whole.at(-1) !== close[0];
  return close.length > 0;
}
