import { startReceiver } from '../processes.mjs';
import { openSql } from '../world.mjs';
import { backlogFor, deliver } from './backlog.mjs';

const kilobytes = (bytes) => `${(bytes / 1000).toFixed(2)} KB`;

/** What a delivery leaves on the disk of PostgreSQL: its history, its event, and the write-ahead log of both. */
export const disk = {
  name: 'disk',
  async run({ database, scale }) {
    const receiver = await startReceiver();
    const sql = await openSql(database);
    try {
      const before = await positionOf(sql);
      const backlog = await backlogFor(receiver, database, Math.round(20_000 * scale));
      const { total } = await deliver({ receiver, database, sql, ...backlog });
      const log = (await positionOf(sql)) - before;
      const history = (await bytesOf(sql, 'finished_delivery')) + (await bytesOf(sql, 'attempt'));
      const { n, bodies } = await sql.one(
        'SELECT count(*)::int AS n, sum(pg_column_size(body))::float8 AS bodies FROM event',
      );
      const event = (await bytesOf(sql, 'event')) - bodies;
      const row = (figure, bytes) => ({ figure, value: kilobytes(bytes), bytes: Math.round(bytes) });
      return [
        row('history of one delivery with one attempt, indexes included', history / total),
        row('one event, indexes included, its body not', event / n),
        row(`write-ahead log of one delivery, its event shared by ${Math.round(total / n)}`, log / total),
      ];
    } finally {
      receiver.stop();
      await sql.close();
    }
  },
};

const positionOf = async (sql) =>
  (await sql.one("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 AS at")).at;

/** Of a table, its partitions and their indexes. */
const bytesOf = async (sql, table) =>
  (
    await sql.one(
      `SELECT sum(pg_total_relation_size(relid))::float8 AS bytes
       FROM (SELECT relid FROM pg_partition_tree('${table}') UNION SELECT '${table}'::regclass) parts`,
    )
  ).bytes;
