/** The UUID in a public id of ours. */
export function uuidOf(id: string): string {
  return id.slice(id.indexOf('_') + 1);
}
