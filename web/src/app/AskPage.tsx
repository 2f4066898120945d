// The page for asking: a box, and below it either where to begin or the question that was asked.

import { useLocation } from "wouter";

import { generationName, lastPart } from "@/api/names";
import { errorInWords } from "@/api/words";
import { GenerationView } from "@/features/answer/GenerationView";
import { useGeneration } from "@/features/answer/useGeneration";
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
  const pick = (known: typeof sources.data) => known?.find(({ name }) => name === chosen) ?? known?.[0];
  const source = pick(sources.data);
  const shown = useGeneration(generationName(organization, id), id !== "");
  const ask = useAsk(organization, (generation) => {
    if (generation.question === draft.trim()) setDraft("");
    navigate(`/ask/${lastPart(generation.name)}`);
  });
  usePageTitle(id ? (shown.data?.question ?? "Question") : "Ask");

  const send = (text: string, dataSource: string) => ask.mutate({ text: text.trim(), dataSource });
  // A question that is faster than the list of data sources waits for it.
  const sendDraft = async () => {
    const target = source ?? pick((await sources.refetch({ cancelRefetch: false })).data);
    if (target) send(draft, target.name);
  };
  const box = (
    <QuestionBox
      value={draft}
      onChange={setDraft}
      onAsk={() => void sendDraft()}
      busy={ask.isPending}
      blocked={sources.data?.length === 0 ? "Add a data source first" : ""}
      compact={id !== ""}
      source={
        <SourcePicker
          organization={organization}
          sources={sources.data ?? []}
          value={source?.name ?? ""}
          onChange={choose}
        />
      }
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
        <div className="space-y-4 lg:pr-96 xl:pr-[27rem]">
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
