// One table of the schema; it opens to its columns.

import { Table_Kind } from "@candor/client/candor/catalog/v1/catalog_pb";
import { ArrowRight, ChevronRight, EyeOff, KeyRound } from "lucide-react";
import { useState } from "react";

import { counted, countText } from "@/ui/format";

import { typeWord, type OutlineColumn, type OutlineTable } from "./outline";

function ColumnRow({ entry }: { readonly entry: OutlineColumn }) {
  const { column, refersTo } = entry;
  return (
    <li className="border-line/70 grid gap-x-6 gap-y-0.5 border-t py-2 sm:grid-cols-[minmax(10rem,16rem)_minmax(9rem,12rem)_1fr]">
      <span className="flex min-w-0 items-center gap-2 self-start font-mono">
        <span className="min-w-0 break-all">{column.name}</span>
        {column.primaryKey ? (
          <span className="text-accent shrink-0" title="Primary key">
            <KeyRound aria-hidden className="size-3.5" />
            <span className="sr-only">primary key</span>
          </span>
        ) : null}
        {column.sensitive ? (
          <span className="text-caution shrink-0" title="Sensitive: never sampled, never sent to a model">
            <EyeOff aria-hidden className="size-3.5" />
            <span className="sr-only">sensitive</span>
          </span>
        ) : null}
      </span>
      <span className="text-muted" title={typeWord(column.type)}>
        <span className="font-mono">{column.nativeType || typeWord(column.type)}</span>
        {column.nullable ? ", may be null" : ""}
        {column.unique && !column.primaryKey ? ", unique" : ""}
      </span>
      <span className="text-muted min-w-0 space-y-0.5">
        {refersTo ? (
          <span className="text-accent flex items-center gap-1.5 font-mono">
            <ArrowRight aria-hidden className="size-3.5" />
            <span className="sr-only">refers to</span>
            {refersTo}
          </span>
        ) : null}
        {column.comment ? <span className="text-ink block">{column.comment}</span> : null}
        {column.samples.length > 0 ? (
          <span className="block truncate" title={column.samples.join(", ")}>
            <span className="sr-only">For example: </span>
            {column.samples.slice(0, 6).join(" · ")}
          </span>
        ) : null}
      </span>
    </li>
  );
}

interface TableEntryProps {
  readonly entry: OutlineTable;
  readonly startsOpen: boolean;
}

/** A table; its columns are drawn only while it is open. */
export function TableEntry({ entry, startsOpen }: TableEntryProps) {
  const [open, setOpen] = useState(startsOpen);
  const { table, name, columns } = entry;
  return (
    <li className="border-line border-b" style={{ contentVisibility: "auto", containIntrinsicBlockSize: "auto 56px" }}>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)} className="group">
        <summary className="hover:text-accent flex min-h-14 list-none items-center gap-3 py-2.5 [&::-webkit-details-marker]:hidden">
          <ChevronRight aria-hidden className="text-muted size-4 shrink-0 transition-transform group-open:rotate-90" />
          <span className="min-w-0 flex-1">
            <span className="font-mono font-medium break-all">{name}</span>
            {table.kind === Table_Kind.VIEW ? <span className="text-fine text-muted ml-2">view</span> : null}
            {table.comment ? <span className="text-small text-muted block">{table.comment}</span> : null}
          </span>
          <span className="text-fine text-muted figures shrink-0 text-right">
            {counted(table.columns.length, "column")}
            {table.rowEstimate >= 0n ? <span className="block">about {countText(table.rowEstimate)} rows</span> : null}
          </span>
        </summary>
        {open ? (
          <ul aria-label={`Columns of ${name}`} className="text-fine mb-4 ml-7">
            {columns.map((column) => (
              <ColumnRow key={column.column.name} entry={column} />
            ))}
          </ul>
        ) : null}
      </details>
    </li>
  );
}
