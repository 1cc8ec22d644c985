/** Asks again until it holds, at most `withinMs` of real time; the last failure is the test's. */
export async function eventually<T>(ask: () => T | Promise<T>, withinMs = 50_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 10));
    }
  }
}
