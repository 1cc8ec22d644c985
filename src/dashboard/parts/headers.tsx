/** Headers in the order in which they were sent, each on its own. */
export function Headers({
  list,
  before,
}: {
  list: readonly (readonly [string, string])[];
  before?: readonly (readonly [string, string])[];
}) {
  const old = new Map(before);
  return (
    <div class="scroll">
      <table class="headers">
        <caption class="sr">Headers in the order they were sent</caption>
        <thead class="sr">
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {list.map(([name, value], i) => (
            <tr key={i} class={before && old.get(name) !== value ? 'changed' : ''}>
              <th scope="row">{name}</th>
              <td>
                {value}
                {before && old.get(name) !== value && (
                  <span class="sr"> (differs from the attempt before)</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
