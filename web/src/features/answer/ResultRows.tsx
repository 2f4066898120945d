// The rows of an answer: how many, all of them in a grid, and a way to take them along.

import type { ResultColumn } from "@candor/client/candor/validation/v1/validation_service_pb";
import { useMemo } from "react";

import { CopyButton } from "@/ui/CopyButton";
import { DataGrid } from "@/ui/DataGrid";
import { counted, countText } from "@/ui/format";

import { cellText, compareCells, isNumeric, shownText, type Rows } from "./columnar";
import { csvOf } from "./csv";

interface ResultRowsProps {
  readonly rows: Rows;
  /** How many rows the result has. */
  readonly total: bigint;
  /** Whether a limit cut the result. */
  readonly truncated: boolean;
}

function noteOf(column: ResultColumn): string {
  return column.nativeType || "type not known";
}

function countWords(rows: Rows, total: bigint, truncated: boolean): string {
  const shown = BigInt(rows.count);
  if (truncated) return `The first ${counted(shown, "row")}; a limit cut the rest`;
  if (total > shown) return `The first ${countText(shown)} of ${counted(total, "row")}`;
  return counted(shown, "row");
}

/** The only value of a result, as large as it matters. */
function Figure({ rows }: { readonly rows: Rows }) {
  const column = rows.columns[0];
  const cell = rows.cell(0, 0);
  return (
    <table aria-label="Rows" className="text-left">
      <thead>
        <tr>
          <th scope="col" className="eyebrow font-mono">
            {column?.name}
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <td title={cellText(cell)} className="text-hero figures pt-1 font-serif break-all">
            {cell === null || column === undefined ? (
              <span className="text-muted italic">null</span>
            ) : (
              shownText(cell, isNumeric(column))
            )}
          </td>
        </tr>
      </tbody>
    </table>
  );
}

/** The rows, however many. */
export function ResultRows({ rows, total, truncated }: ResultRowsProps) {
  const columns = useMemo(
    () => rows.columns.map((column) => ({ name: column.name, note: noteOf(column), numeric: isNumeric(column) })),
    [rows],
  );
  const readers = useMemo(
    () => ({
      text: (row: number, column: number) => {
        const cell = rows.cell(row, column);
        return cell === null ? null : shownText(cell, columns[column]?.numeric ?? false);
      },
      exact: (row: number, column: number) => cellText(rows.cell(row, column)),
      compare: (left: number, right: number, column: number) =>
        compareCells(rows.cell(left, column), rows.cell(right, column), columns[column]?.numeric ?? false),
    }),
    [rows, columns],
  );
  const footer = (order: () => number[]) => (
    <div className="flex flex-wrap items-center justify-between gap-x-4">
      <p className="text-fine text-muted figures">{countWords(rows, total, truncated)}</p>
      <CopyButton label="Copy as CSV" text={() => csvOf(rows, order())} />
    </div>
  );
  if (rows.count === 1 && rows.columns.length === 1 && !truncated) {
    return (
      <div>
        <Figure rows={rows} />
        {footer(() => [0])}
      </div>
    );
  }
  if (rows.count === 0) {
    return (
      <p className="text-muted border-line rounded-panel border border-dashed px-5 py-4">
        No rows: nothing in the data matches.
      </p>
    );
  }
  return <DataGrid label="Rows" columns={columns} rowCount={rows.count} {...readers} footer={footer} />;
}
