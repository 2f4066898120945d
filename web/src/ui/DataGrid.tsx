// A table of any length: only the rows in sight are drawn, every row can be reached with the keyboard.

import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo, useRef, type ReactNode } from "react";

/** A column of a grid. */
export interface GridColumn {
  readonly name: string;
  /** What the values are, shown under the pointer. */
  readonly note: string;
  /** Whether the values line up on the right. */
  readonly numeric: boolean;
}

interface DataGridProps {
  readonly label: string;
  readonly columns: readonly GridColumn[];
  readonly rowCount: number;
  /** The text of a value; null where there is none. */
  readonly text: (row: number, column: number) => string | null;
  /** The whole of a value, shown under the pointer. */
  readonly exact: (row: number, column: number) => string;
  /** Orders two rows by a column. */
  readonly compare: (left: number, right: number, column: number) => number;
  /** What stands below the grid, given the rows in their present order. */
  readonly footer: (order: () => number[]) => ReactNode;
}

/** A row is its place in the result; the values stay where they are. */
interface GridRow {
  readonly at: number;
}

const ROW_HEIGHT = 36;
const SAMPLED_ROWS = 60;

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
const helper = createColumnHelper<typeof features, GridRow>();

/** How wide a column is, in characters: as its longest sampled value, within reason. */
function widthOf(column: GridColumn, at: number, rowCount: number, text: DataGridProps["text"]): number {
  let longest = column.name.length + 3;
  for (let row = 0; row < Math.min(rowCount, SAMPLED_ROWS); row += 1)
    longest = Math.max(longest, (text(row, at) ?? "null").length);
  return Math.min(Math.max(longest + 4, 9), 46);
}

/** A grid of values with sortable columns. */
export function DataGrid({ label, columns, rowCount, text, exact, compare, footer }: DataGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const data = useMemo(() => Array.from({ length: rowCount }, (_, at): GridRow => ({ at })), [rowCount]);
  const widths = useMemo(
    () => columns.map((column, at) => widthOf(column, at, rowCount, text)),
    [columns, rowCount, text],
  );
  const definitions = useMemo(
    () =>
      helper.columns(
        columns.map((column, at) =>
          helper.accessor((row) => row.at, {
            id: String(at),
            header: column.name,
            sortFn: (left, right) => compare(left.original.at, right.original.at, at),
            sortDescFirst: false,
          }),
        ),
      ),
    [columns, compare],
  );
  const table = useTable({ features, columns: definitions, data });
  const rows = table.getRowModel().rows;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
  });
  const drawn = virtualizer.getVirtualItems();
  const above = drawn[0]?.start ?? 0;
  const below = virtualizer.getTotalSize() - (drawn.at(-1)?.end ?? 0);

  return (
    <div className="border-line bg-surface rounded-panel overflow-hidden border">
      <div
        ref={scroller}
        tabIndex={0}
        role="region"
        aria-label={`${label}, scrollable`}
        className="max-h-112 overflow-auto -outline-offset-2"
      >
        <table
          aria-label={label}
          aria-rowcount={rowCount + 1}
          className="text-fine w-full table-fixed border-separate border-spacing-0 font-mono"
          style={{ minWidth: `${widths.reduce((sum, width) => sum + width, 0)}ch` }}
        >
          <colgroup>
            {widths.map((width, at) => (
              <col key={at} style={{ width: `${width}ch` }} />
            ))}
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              {table.getFlatHeaders().map((header, at) => {
                const sorted = header.column.getIsSorted();
                const column = columns[at];
                return (
                  <th
                    key={header.id}
                    scope="col"
                    aria-sort={sorted ? (sorted === "asc" ? "ascending" : "descending") : undefined}
                    className="bg-surface border-line sticky top-0 border-b p-0 font-sans"
                  >
                    <button
                      type="button"
                      title={`${column?.note ?? ""} · sort`}
                      onClick={header.column.getToggleSortingHandler()}
                      className={`hover:text-accent flex min-h-9 w-full items-center gap-1.5 px-4 font-semibold -outline-offset-2 ${column?.numeric ? "justify-end" : ""}`}
                    >
                      <span className="truncate">{column?.name}</span>
                      {sorted === "asc" ? <ArrowUp aria-hidden className="size-3.5" /> : null}
                      {sorted === "desc" ? <ArrowDown aria-hidden className="size-3.5" /> : null}
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {above > 0 ? (
              <tr aria-hidden>
                <td colSpan={columns.length} style={{ height: above }} />
              </tr>
            ) : null}
            {drawn.map((item) => {
              const row = rows[item.index];
              return row ? (
                <tr key={row.id} aria-rowindex={item.index + 2} className="hover:bg-sunken">
                  {columns.map((column, at) => (
                    <GridCell
                      key={at}
                      text={text(row.original.at, at)}
                      exact={exact(row.original.at, at)}
                      numeric={column.numeric}
                    />
                  ))}
                </tr>
              ) : null;
            })}
            {below > 0 ? (
              <tr aria-hidden>
                <td colSpan={columns.length} style={{ height: below }} />
              </tr>
            ) : null}
          </tbody>
        </table>
      </div>
      <div className="border-line border-t px-4 py-1.5">{footer(() => rows.map((row) => row.original.at))}</div>
    </div>
  );
}

interface GridCellProps {
  readonly text: string | null;
  readonly exact: string;
  readonly numeric: boolean;
}

function GridCell({ text, exact, numeric }: GridCellProps) {
  return (
    <td
      title={exact}
      style={{ height: ROW_HEIGHT }}
      className={`border-line/60 figures truncate border-b px-4 ${numeric ? "text-right" : ""}`}
    >
      {text ?? <span className="text-muted font-sans italic">null</span>}
    </td>
  );
}
