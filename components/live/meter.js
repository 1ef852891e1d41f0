/** Level meter: how much of it a level fills. */

const FLOOR_DBFS = -60;

/**
 * Return the share of the meter that a level fills, in [0, 1].
 *
 * @param {number | null} dbfs - Null for digital silence.
 */
export function meterShare(dbfs) {
  if (dbfs === null) return 0;
  return Math.min(1, Math.max(0, 1 - dbfs / FLOOR_DBFS));
}
