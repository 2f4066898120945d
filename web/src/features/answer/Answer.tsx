// An answer: what it says first, then the rows, the SQL, the checks, and what else was possible.

import { Result_Outcome, type Result } from "@candor/client/candor/generation/v1/generation_service_pb";
import { useMemo, type ReactNode } from "react";

import { CopyButton } from "@/ui/CopyButton";
import { SqlView } from "@/ui/SqlView";

import { Alternatives } from "./Alternatives";
import { Checks, decisiveCheck } from "./Checks";
import { rowsOf } from "./columnar";
import { Confidence } from "./Confidence";
import { marksOf } from "./Findings";
import type { Progress } from "./progress";
import { ResultRows } from "./ResultRows";
import { Unmatched } from "./Unmatched";
import { Withheld } from "./Withheld";

interface SectionProps {
  readonly title: string;
  readonly beside?: ReactNode;
  readonly children: ReactNode;
}

function Section({ title, beside, children }: SectionProps) {
  const id = `section-${title.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section aria-labelledby={id}>
      <div className="mb-2 flex min-h-9 items-center justify-between gap-4">
        <h2 id={id} className="eyebrow">
          {title}
        </h2>
        {beside}
      </div>
      {children}
    </section>
  );
}

interface AnswerProps {
  readonly question: string;
  readonly result: Result;
  readonly progress: Progress;
  readonly onAsk: (question: string) => void;
  readonly busy: boolean;
}

function provenanceOf(result: Result): string {
  return [
    result.tables.length > 0 ? `Read from ${result.tables.join(", ")}` : "",
    result.model ? `drafted by ${result.model}` : "",
    result.schemaVersion ? `schema ${result.schemaVersion.slice(0, 12)}` : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Rows as they came in parts, or the first rows that the result holds. */
function useRows(result: Result, progress: Progress) {
  return useMemo(
    () =>
      progress.batches.length > 0
        ? rowsOf(progress.columns.length > 0 ? progress.columns : result.columns, progress.batches)
        : rowsOf(result.columns, result.rows ? [result.rows] : []),
    [result, progress.batches, progress.columns],
  );
}

function Sql({ result, progress }: { readonly result: Result; readonly progress: Progress }) {
  const marks = useMemo(
    () => marksOf(decisiveCheck(progress.checks, result.sql)?.findings ?? []),
    [progress.checks, result.sql],
  );
  return (
    <Section title="SQL" beside={<CopyButton label="Copy SQL" text={() => result.sql} />}>
      <SqlView sql={result.sql} label="SQL statement" marks={marks} />
    </Section>
  );
}

function Answered({ result, progress, onAsk, busy }: Omit<AnswerProps, "question">) {
  const rows = useRows(result, progress);
  const provenance = provenanceOf(result);
  return (
    <>
      <div className="space-y-4">
        <h2 className="sr-only">Answer</h2>
        <p className="text-title max-w-[52ch] font-serif text-pretty">{result.explanation}</p>
        <Confidence value={result.confidence} />
        <Unmatched words={progress.drafts.at(-1)?.unlinked ?? []} />
      </div>
      <Section title="Rows">
        <ResultRows rows={rows} total={result.rowCount} truncated={result.truncated} />
      </Section>
      <Sql result={result} progress={progress} />
      <Section title="Checks">
        <Checks checks={progress.checks} sql={result.sql} />
      </Section>
      {result.alternatives.length > 0 ? (
        <Section title="It could also mean">
          <Alternatives alternatives={result.alternatives} onAsk={onAsk} busy={busy} />
        </Section>
      ) : null}
      {provenance ? <p className="text-fine text-muted">{provenance}</p> : null}
    </>
  );
}

const ONE_READING = {
  title: "Is this what you mean?",
  advice: "Candor is not sure enough to answer. Choose the reading to ask it, or ask in other words.",
};

const SEVERAL_READINGS = {
  title: "Which of these do you mean?",
  advice: "The question has more than one likely reading, and they give different answers.",
};

/** What came of a question, whichever of the three it was. */
export function Answer({ question, result, progress, onAsk, busy }: AnswerProps) {
  if (result.outcome === Result_Outcome.ANSWERED) {
    return <Answered result={result} progress={progress} onAsk={onAsk} busy={busy} />;
  }
  const alternatives = result.alternatives.length > 0 && (
    <Alternatives alternatives={result.alternatives} onAsk={onAsk} busy={busy} />
  );
  if (result.outcome === Result_Outcome.ASKED_BACK) {
    const { title, advice } = result.alternatives.length === 1 ? ONE_READING : SEVERAL_READINGS;
    return (
      <div className="space-y-4">
        <h2 className="text-title font-serif">{title}</h2>
        <p className="max-w-prose">{result.explanation || advice}</p>
        <Unmatched words={progress.drafts.at(-1)?.unlinked ?? []} />
        {alternatives}
      </div>
    );
  }
  return (
    <>
      <Withheld abstention={result.abstention} question={question} />
      {alternatives ? <Section title="Perhaps you mean">{alternatives}</Section> : null}
      {progress.checks.length > 0 ? (
        <Section title="Checks">
          <Checks checks={progress.checks} sql="" />
        </Section>
      ) : null}
    </>
  );
}
