// What a data source holds: its tables, their columns, and how they hang together.

import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Schema } from "@candor/client/candor/documents/v1/documents_service_pb";
import { RefreshCw, Search } from "lucide-react";
import { useDeferredValue, useMemo, useState, type ReactNode } from "react";

import { failureOf } from "@/api/failure";
import { keys } from "@/api/keys";
import { getSchema, syncSchema } from "@/api/platform";
import { errorInWords } from "@/api/words";
import { Button } from "@/ui/Button";
import { INPUT } from "@/ui/Field";
import { agoText, counted } from "@/ui/format";
import { Loading } from "@/ui/Loading";
import { Problem } from "@/ui/Problem";

import { outlineOf } from "./outline";
import { TableEntry } from "./TableEntry";

/** The newest snapshot; the first one is taken now. */
async function openSchema(dataSource: string) {
  try {
    return await getSchema(dataSource);
  } catch (error) {
    if (failureOf(error).reason !== "SCHEMA_NOT_FOUND") throw error;
    await syncSchema(dataSource);
    return getSchema(dataSource);
  }
}

function Tables({ schema }: { readonly schema: Schema }) {
  const [filter, setFilter] = useState("");
  const wanted = useDeferredValue(filter);
  const outline = useMemo(() => (schema.catalog ? outlineOf(schema.catalog, wanted) : []), [schema, wanted]);
  const only = outline.length === 1;
  return (
    <>
      <div className="relative max-w-md">
        <Search aria-hidden className="text-muted pointer-events-none absolute top-3 left-3 size-4" />
        <input
          type="search"
          aria-label="Filter tables and columns"
          placeholder="Filter tables and columns"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          className={`${INPUT} pl-9`}
        />
      </div>
      <p role="status" className="text-fine text-muted figures mt-3 mb-1">
        {counted(outline.length, "table")}
        {wanted ? ` with “${wanted}”` : ""} · {counted(schema.indexedValues, "value")} indexed
      </p>
      <ul aria-label="Tables" className="border-line border-t">
        {outline.map((entry) => (
          <TableEntry
            key={`${entry.name}/${wanted && entry.byColumn ? wanted : ""}${only ? "!" : ""}`}
            entry={entry}
            startsOpen={(wanted !== "" && entry.byColumn) || only}
          />
        ))}
      </ul>
      {outline.length === 0 ? (
        <p className="text-muted py-6">
          {wanted ? "No table or column matches. Try a shorter word." : "This data source has no tables."}
        </p>
      ) : null}
    </>
  );
}

interface SchemaViewProps {
  readonly dataSource: string;
  readonly title: string;
  /** The choice of data source. */
  readonly picker: ReactNode;
}

/** A data source's schema, with a way to read it again. */
export function SchemaView({ dataSource, title, picker }: SchemaViewProps) {
  const queryClient = useQueryClient();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: keys.schema(dataSource),
    queryFn: () => openSchema(dataSource),
  });
  const sync = useMutation({
    mutationFn: () => syncSchema(dataSource),
    onSuccess: ({ schema }) =>
      queryClient.setQueryData(keys.schema(dataSource), (known: typeof data) => (known ? { ...known, schema } : known)),
    onSettled: () => queryClient.invalidateQueries({ queryKey: keys.schema(dataSource) }),
  });
  const schema = data?.schema;
  const failed = sync.error ?? error;
  return (
    <>
      <header className="mb-8 flex flex-wrap items-end justify-between gap-x-8 gap-y-4">
        <div className="space-y-1">
          <p className="eyebrow">Schema</p>
          <h1 className="text-display font-serif">{title}</h1>
          <p className="text-small text-muted" role="status">
            {sync.isPending
              ? "Reading tables, keys and values…"
              : sync.data
                ? sync.data.changed
                  ? "Read just now: the schema has changed."
                  : "Read just now: nothing has changed."
                : schema?.syncTime
                  ? `Read ${agoText(timestampDate(schema.syncTime), new Date())}`
                  : ""}
          </p>
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {picker}
          <Button
            icon={<RefreshCw aria-hidden className={`size-4 ${sync.isPending ? "animate-spin" : ""}`} />}
            disabled={sync.isPending}
            onClick={() => sync.mutate()}
          >
            Sync schema
          </Button>
        </div>
      </header>
      {failed ? (
        <div className="mb-8">
          <Problem {...errorInWords(failed)}>
            <Button onClick={() => (sync.error ? sync.mutate() : void refetch())}>Try again</Button>
          </Problem>
        </div>
      ) : null}
      {isPending ? <Loading what="Opening the schema" /> : schema ? <Tables schema={schema} /> : null}
    </>
  );
}
