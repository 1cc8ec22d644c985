/** The effects probe cannot be read: nothing can be said of the consumer's state. The message is for people. */
export class ProbeFailure extends Error {
  override readonly name = 'ProbeFailure';
}
