// Rows as comma-separated values (RFC 4180) that no spreadsheet runs.

import { cellText, isNumeric, type Cell, type Rows } from "./columnar";

/** What a spreadsheet may take for the start of a formula. */
const FORMULA = /^[=+\-@\t\r]/u;

/** A number in plain or scientific notation: the one text that may start with a sign. */
const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;

/** Writes one field, quoted where it has to be. A text that would run is led by an apostrophe. */
export function csvField(cell: Cell, numeric: boolean): string {
  const text = cellText(cell);
  const harmless = typeof cell !== "string" || (numeric && NUMBER.test(text)) || !FORMULA.test(text);
  const safe = harmless ? text : `'${text}`;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Writes rows in the given order, the column names first. */
export function csvOf(rows: Rows, order: readonly number[]): string {
  const numeric = rows.columns.map(isNumeric);
  const head = rows.columns.map((column) => csvField(column.name, false)).join(",");
  const body = order.map((row) =>
    rows.columns.map((_, at) => csvField(rows.cell(row, at), numeric[at] ?? false)).join(","),
  );
  return [head, ...body].join("\r\n") + "\r\n";
}
