import type { Queryable } from './tenant-clock.js';

/** Where one process listens. */
export interface ListenerRow {
  /** Host name. */
  machine: string;
  ports: number[];
  /** Of its network interfaces but loopback. */
  addresses: string[];
}

/** A process that was not heard of for this long is taken to be gone, and its ports are anybody's again. */
const GONE = "interval '15 seconds'";

/** Says where a process listens, forgets those that are gone for an hour, and @returns where the others do. */
export async function putListener(
  client: Queryable,
  id: string,
  { machine, ports, addresses }: ListenerRow,
): Promise<ListenerRow[]> {
  const { rows } = await client.query<ListenerRow>(
    `WITH own AS (INSERT INTO listener (id, machine, ports, addresses, seen_at) VALUES ($1, $2, $3, $4, now())
       ON CONFLICT (id) DO UPDATE SET machine = $2, ports = $3, addresses = $4, seen_at = now()),
     gone AS (DELETE FROM listener WHERE seen_at < now() - interval '1 hour' AND id <> $1)
     SELECT machine, ports, addresses FROM listener WHERE id <> $1 AND seen_at > now() - ${GONE}`,
    [id, machine, ports, addresses],
  );
  return rows;
}

export async function dropListener(client: Queryable, id: string): Promise<void> {
  await client.query('DELETE FROM listener WHERE id = $1', [id]);
}
