// The page for asking: a box, and below it either where to begin or the question that was asked.

import { useLocation } from "wouter";

import { generationName, lastPart } from "@/api/names";
import { errorInWords } from "@/api/words";
import { GenerationView } from "@/features/answer/GenerationView";
import { DRAFT, SOURCE, useKept } from "@/features/ask/draft";
import { Examples, SAMPLE_QUESTIONS } from "@/features/ask/Examples";
import { QuestionBox } from "@/features/ask/QuestionBox";
import { useAsk } from "@/features/ask/useAsk";
import { SourcePicker } from "@/features/sources/SourcePicker";
import { isSample, useDataSources } from "@/features/sources/useDataSources";
import { Button } from "@/ui/Button";
import { Problem } from "@/ui/Problem";

import { sourceTitles, usePageTitle } from "./titles";

interface AskPageProps {
  readonly organization: string;
  /** The generation to show; empty for none. */
  readonly id: string;
}

/** Asks, and shows what came of it. */
export function AskPage({ organization, id }: AskPageProps) {
  const [, navigate] = useLocation();
  const [draft, setDraft] = useKept(DRAFT);
  const [chosen, choose] = useKept(SOURCE);
  const sources = useDataSources(organization);
  const source = sources.data?.find(({ name }) => name === chosen) ?? sources.data?.[0];
  const ask = useAsk(organization, (generation) => navigate(`/ask/${lastPart(generation)}`));
  usePageTitle(id ? "Question" : "Ask");

  const send = (text: string, dataSource: string, onSent?: () => void) =>
    ask.mutate({ text: text.trim(), dataSource }, onSent ? { onSuccess: onSent } : {});
  const box = (
    <QuestionBox
      value={draft}
      onChange={setDraft}
      onAsk={() => source && send(draft, source.name, () => setDraft(""))}
      busy={ask.isPending}
      blocked={source ? "" : sources.isPending ? "Loading the data sources…" : "Add a data source first"}
      compact={id !== ""}
      source={<SourcePicker organization={organization} sources={sources.data ?? []} value={source?.name ?? ""} onChange={choose} />}
    />
  );
  const problems = (
    <>
      {ask.error ? (
        <Problem {...errorInWords(ask.error)}>
          <Button onClick={() => send(ask.variables.text, ask.variables.dataSource)}>Try again</Button>
        </Problem>
      ) : null}
      {sources.error ? (
        <Problem {...errorInWords(sources.error)}>
          <Button onClick={() => void sources.refetch()}>Try again</Button>
        </Problem>
      ) : null}
    </>
  );

  if (id) {
    return (
      <div className="space-y-12">
        <div className="max-w-4xl space-y-4">
          {box}
          {problems}
        </div>
        <GenerationView
          key={id}
          name={generationName(organization, id)}
          sourceTitle={sourceTitles(sources.data)}
          onAsk={(text, dataSource) => send(text, dataSource)}
          busy={ask.isPending}
        />
      </div>
    );
  }
  return (
    <div className="mx-auto max-w-3xl space-y-8 sm:pt-[6vh]">
      <div className="space-y-3">
        <h1 className="text-display sm:text-hero font-serif">What would you like to know?</h1>
        <p className="text-lead text-muted max-w-prose">
          Candor writes the SQL, checks it, runs it, and shows every step. When it does not know, it says so.
        </p>
      </div>
      {box}
      {problems}
      {source && isSample(source) ? (
        <Examples questions={SAMPLE_QUESTIONS} busy={ask.isPending} onChoose={(text) => send(text, source.name)} />
      ) : null}
    </div>
  );
}
