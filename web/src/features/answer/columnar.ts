// Rows that came column by column, read cell by cell without being copied.

import { ColumnType } from "@candor/client/candor/catalog/v1/catalog_pb";
import type {
  ResultColumn,
  RowBatch,
  RowBatch_Values,
} from "@candor/client/candor/validation/v1/validation_service_pb";

/** A value as it came: whole numbers keep all their digits, decimals and dates are their exact text. */
export type Cell = string | number | bigint | boolean | null;

/** A result's rows. */
export interface Rows {
  readonly columns: readonly ResultColumn[];
  readonly count: number;
  /** The value in a row and a column, both counted from 0. */
  cell(row: number, column: number): Cell;
}

type Reader = (row: number) => Cell;

function reader(values: RowBatch_Values | undefined): Reader {
  const items = values?.values.value?.items;
  if (values === undefined || items === undefined) return () => null;
  const nulls = new Set(values.nullRows);
  return (row) => (nulls.has(row) ? null : (items[row] ?? null));
}

/** Puts a result's batches together. */
export function rowsOf(columns: readonly ResultColumn[], batches: readonly RowBatch[]): Rows {
  const starts: number[] = [];
  let count = 0;
  for (const batch of batches) {
    starts.push(count);
    count += batch.rowCount;
  }
  const readers = batches.map((batch) => columns.map((_, column) => reader(batch.columns[column])));
  const batchOf = (row: number) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  return {
    columns,
    count,
    cell(row, column) {
      if (row < 0 || row >= count) return null;
      const batch = batchOf(row);
      return readers[batch]?.[column]?.(row - (starts[batch] ?? 0)) ?? null;
    },
  };
}

/** Whether a column's values are numbers, so that they line up on the right. */
export function isNumeric(column: ResultColumn): boolean {
  return column.type === ColumnType.INTEGER || column.type === ColumnType.NUMBER;
}

/** A value as a person reads it. NULL has no text of its own. */
export function cellText(cell: Cell): string {
  return cell === null ? "" : String(cell);
}

/** Decimals with more places than a person reads. */
const LONG_DECIMAL = /^-?\d+\.\d{7,}$/u;

/** A value as the page shows it: a long decimal has four places, where those say enough and can be exact. */
export function shownText(cell: Cell, numeric: boolean): string {
  const text = cellText(cell);
  if (!numeric || !LONG_DECIMAL.test(text)) return text;
  const size = Math.abs(Number(text));
  return (size > 0 && size < 0.01) || size > 1e11 ? text : Number(text).toFixed(4);
}

/** Orders two values of one column, NULL last. */
export function compareCells(left: Cell, right: Cell, numeric: boolean): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? 1 : -1;
  if (typeof left === "bigint" && typeof right === "bigint") return left < right ? -1 : left > right ? 1 : 0;
  if (numeric) return Number(left) - Number(right);
  return String(left).localeCompare(String(right), undefined, { numeric: true });
}
