/** 0001-01-01T00:00:00Z, seconds since 1970. */
const FLOOR_S = -62_135_596_800;

/**
 * SQL: an instant moved by `$parameter` milliseconds, 0 or less, as its clock is set back; never to before the year 1, for the
 * database knows no instant before 4713 BC and would refuse the whole.
 */
export function shiftedSql(column: string, parameter: `$${number}`): string {
  return `CASE WHEN ${column} IS NOT NULL THEN
    greatest(${column}, to_timestamp(${FLOOR_S} - ${parameter}::float8 / 1000)) + ${parameter} * interval '1 millisecond' END`;
}
