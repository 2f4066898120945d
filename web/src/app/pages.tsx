// The pages that put one feature beside the choice of data source.

import { Link, useLocation } from "wouter";

import { dataSourceName, lastPart } from "@/api/names";
import { errorInWords } from "@/api/words";
import { SOURCE, useKept } from "@/features/ask/draft";
import { HistoryView } from "@/features/history/HistoryView";
import { SchemaView } from "@/features/schema/SchemaView";
import { SourcePicker } from "@/features/sources/SourcePicker";
import { useDataSources } from "@/features/sources/useDataSources";
import { Button, buttonClass } from "@/ui/Button";
import { Loading } from "@/ui/Loading";
import { Problem } from "@/ui/Problem";

import { sourceTitles, usePageTitle } from "./titles";

interface PageProps {
  readonly organization: string;
}

/** A data source's schema: the one in the address, or the one that was chosen last. */
export function SchemaPage({ organization, id }: PageProps & { readonly id: string }) {
  const [, navigate] = useLocation();
  const [chosen, choose] = useKept(SOURCE);
  const sources = useDataSources(organization);
  usePageTitle("Schema");
  const name = id
    ? dataSourceName(organization, id)
    : (sources.data?.find((source) => source.name === chosen) ?? sources.data?.[0])?.name;
  const picker = (
    <SourcePicker
      organization={organization}
      sources={sources.data ?? []}
      value={name ?? ""}
      onChange={(next) => {
        choose(next);
        navigate(`/schema/${lastPart(next)}`);
      }}
    />
  );
  if (name) return <SchemaView key={name} dataSource={name} title={sourceTitles(sources.data)(name)} picker={picker} />;
  if (sources.isPending) return <Loading what="Loading the data sources" />;
  return (
    <div className="space-y-4">
      <h1 className="text-display font-serif">Schema</h1>
      {sources.error ? (
        <Problem {...errorInWords(sources.error)}>
          <Button onClick={() => void sources.refetch()}>Try again</Button>
        </Problem>
      ) : (
        <p className="text-muted">There is no data source yet. Add one, and its tables appear here.</p>
      )}
      {picker}
    </div>
  );
}

/** The history. */
export function HistoryPage({ organization }: PageProps) {
  const sources = useDataSources(organization);
  usePageTitle("History");
  return <HistoryView organization={organization} sourceTitle={sourceTitles(sources.data)} />;
}

/** An address that leads nowhere. */
export function NotFoundPage() {
  usePageTitle("Not found");
  return (
    <div className="space-y-4">
      <h1 className="text-display font-serif">There is nothing here</h1>
      <p className="text-muted">The address may be mistyped, or what it named may have been removed.</p>
      <Link href="/" className={buttonClass("plain")}>
        Ask a question
      </Link>
    </div>
  );
}
