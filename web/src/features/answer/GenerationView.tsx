// One question from its first step to its answer.

import {
  Generation_State,
  Result_Outcome,
  type Generation,
} from "@candor/client/candor/generation/v1/generation_service_pb";
import type { Status } from "@candor/client/google/rpc/status_pb";
import { Square, WifiOff } from "lucide-react";
import type { ReactNode } from "react";

import { readableStatus } from "@/api/call";
import { errorInWords, failureInWords } from "@/api/words";
import { Button } from "@/ui/Button";
import { counted } from "@/ui/format";
import { Loading } from "@/ui/Loading";
import { Problem } from "@/ui/Problem";

import { Announcer } from "./Announcer";
import { Answer } from "./Answer";
import type { Progress } from "./progress";
import { StepList } from "./StepList";
import { hasEnded, useCancel, useGeneration, useProgress } from "./useGeneration";

interface GenerationViewProps {
  readonly name: string;
  /** What the data source is called. */
  readonly sourceTitle: (dataSource: string) => string;
  /** Asks another question of the same data source. */
  readonly onAsk: (question: string, dataSource: string) => void;
  /** Whether a question is being sent. */
  readonly busy: boolean;
}

function spoken(generation: Generation | undefined, progress: Progress, ended: boolean): string {
  if (!ended) return progress.steps.at(-1)?.message ?? "Waiting for the first step";
  const result = progress.result ?? generation?.result;
  if (result?.outcome === Result_Outcome.ANSWERED)
    return `Answer with ${counted(result.rowCount, "row")}: ${result.explanation}`;
  if (result?.outcome === Result_Outcome.ASKED_BACK) return "Candor asks what you mean. Choose a reading.";
  if (result) return `No answer. ${result.abstention?.message ?? ""}`;
  return generation?.state === Generation_State.CANCELLED ? "Cancelled" : "The question failed";
}

function Cancelled({ again }: { readonly again: ReactNode }) {
  return (
    <div className="space-y-3">
      <h2 className="text-title font-serif">Cancelled</h2>
      <p className="max-w-prose">The work was stopped, and the database with it. Nothing was changed.</p>
      {again}
    </div>
  );
}

/** The banner of a connection that dropped. */
function Dropped() {
  return (
    <p
      role="status"
      className="arrive bg-caution-wash text-caution rounded-panel text-small mb-8 flex items-center gap-3 px-5 py-3 font-medium"
    >
      <WifiOff aria-hidden className="size-4 shrink-0" />
      The connection dropped. The work goes on; reconnecting from the last step…
    </p>
  );
}

/** The question, its steps, and what came of it. */
export function GenerationView({ name, sourceTitle, onAsk, busy }: GenerationViewProps) {
  const { data: generation, error: loadError, refetch } = useGeneration(name);
  const { progress, connection, failure } = useProgress(name);
  const cancel = useCancel(name);

  if (!generation) {
    if (!loadError) return <Loading what="Opening the question" />;
    return (
      <Problem {...errorInWords(loadError)}>
        <Button onClick={() => void refetch()}>Try again</Button>
      </Problem>
    );
  }

  const ended = hasEnded(generation, progress) || failure !== undefined;
  const result = progress.result ?? generation.result;
  const error: Status | undefined = progress.error ?? generation.error;
  const again = (
    <Button disabled={busy} onClick={() => onAsk(generation.question, generation.dataSource)}>
      Ask again
    </Button>
  );
  const cancelled = generation.state === Generation_State.CANCELLED || error?.code === 1;

  return (
    <article aria-busy={!ended}>
      <header className="mb-8 max-w-4xl space-y-2">
        <p className="eyebrow">Asked of {sourceTitle(generation.dataSource)}</p>
        <h1 className="text-display font-serif">{generation.question}</h1>
      </header>
      {connection === "dropped" && !ended ? <Dropped /> : null}
      <Announcer words={spoken(generation, progress, ended)} />
      <div className="grid gap-x-16 gap-y-10 lg:grid-cols-[minmax(0,1fr)_20rem] xl:grid-cols-[minmax(0,1fr)_23rem]">
        <div className="min-w-0 space-y-9">
          {failure ? (
            <Problem {...failureInWords(failure)}>{again}</Problem>
          ) : result ? (
            <Answer
              question={generation.question}
              result={result}
              progress={progress}
              busy={busy}
              onAsk={(question) => onAsk(question, generation.dataSource)}
            />
          ) : cancelled ? (
            <Cancelled again={again} />
          ) : error ? (
            <Problem {...failureInWords(readableStatus(error))}>{again}</Problem>
          ) : (
            <p className="text-lead text-muted max-w-prose font-serif">
              {progress.explanation?.text ?? "The answer appears here once it has been checked."}
            </p>
          )}
        </div>
        <section aria-labelledby="steps-title">
          <div className="mb-2 flex min-h-9 items-center justify-between">
            <h2 id="steps-title" className="eyebrow">
              {ended ? "How it got there" : "At work"}
            </h2>
            {ended ? null : (
              <Button
                look="plain"
                icon={<Square aria-hidden className="size-3 fill-current" />}
                disabled={cancel.isPending}
                onClick={() => cancel.mutate()}
              >
                {cancel.isPending ? "Cancelling…" : "Cancel"}
              </Button>
            )}
          </div>
          {cancel.error ? <Problem {...errorInWords(cancel.error)} /> : null}
          <StepList steps={progress.steps} over={ended} />
        </section>
      </div>
    </article>
  );
}
