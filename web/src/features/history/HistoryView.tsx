// The questions that were asked, newest first.

import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useInfiniteQuery } from "@tanstack/react-query";
import {
  Generation_State,
  Result_Outcome,
  type Generation,
} from "@candor/client/candor/generation/v1/generation_service_pb";
import { Link } from "wouter";

import { keys } from "@/api/keys";
import { lastPart } from "@/api/names";
import { listGenerations } from "@/api/platform";
import { errorInWords } from "@/api/words";
import { Button, buttonClass } from "@/ui/Button";
import { agoText, counted, percentText } from "@/ui/format";
import { Loading } from "@/ui/Loading";
import { Problem } from "@/ui/Problem";

interface Standing {
  readonly word: string;
  readonly look: string;
}

function standingOf(generation: Generation): Standing {
  switch (generation.state) {
    case Generation_State.SUCCEEDED:
      switch (generation.result?.outcome) {
        case Result_Outcome.ANSWERED:
          return { word: "Answered", look: "text-accent" };
        case Result_Outcome.ASKED_BACK:
          return { word: "Asked back", look: "text-caution" };
        default:
          return { word: "Withheld", look: "text-caution" };
      }
    case Generation_State.FAILED:
      return { word: "Failed", look: "text-danger" };
    case Generation_State.CANCELLED:
      return { word: "Cancelled", look: "text-muted" };
    case Generation_State.QUEUED:
      return { word: "Waiting", look: "text-muted" };
    default:
      return { word: "At work", look: "text-accent" };
  }
}

interface EntryProps {
  readonly generation: Generation;
  readonly sourceTitle: (dataSource: string) => string;
  readonly now: Date;
}

function Entry({ generation, sourceTitle, now }: EntryProps) {
  const { word, look } = standingOf(generation);
  const { result } = generation;
  const answered = result?.outcome === Result_Outcome.ANSWERED;
  return (
    <li className="border-line border-b">
      <Link
        href={`/ask/${lastPart(generation.name)}`}
        className="group hover:bg-sunken -mx-3 grid gap-x-8 gap-y-1 rounded-control px-3 py-4 sm:grid-cols-[1fr_auto]"
      >
        <span className="group-hover:text-accent min-w-0 transition-colors">{generation.question}</span>
        <span className={`text-small font-medium sm:text-right ${look}`}>
          {word}
          {answered ? <span className="figures font-normal"> · {percentText(result.confidence)}</span> : null}
        </span>
        <span className="text-fine text-muted figures sm:col-span-2">
          {sourceTitle(generation.dataSource)}
          {generation.createTime ? ` · ${agoText(timestampDate(generation.createTime), now)}` : ""}
          {answered ? ` · ${counted(result.rowCount, "row")}` : ""}
        </span>
      </Link>
    </li>
  );
}

interface HistoryViewProps {
  readonly organization: string;
  readonly sourceTitle: (dataSource: string) => string;
}

/** The history of an organization's questions. */
export function HistoryView({ organization, sourceTitle }: HistoryViewProps) {
  const history = useInfiniteQuery({
    queryKey: keys.generations(organization),
    queryFn: ({ pageParam }) => listGenerations(organization, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextPageToken || undefined,
  });
  const generations = history.data?.pages.flatMap((page) => page.generations) ?? [];
  const now = new Date();
  return (
    <div className="max-w-4xl">
      <h1 className="text-display mb-6 font-serif">History</h1>
      {history.isPending ? <Loading what="Opening the history" /> : null}
      {history.error ? (
        <Problem {...errorInWords(history.error)}>
          <Button onClick={() => void history.refetch()}>Try again</Button>
        </Problem>
      ) : null}
      {history.isSuccess && generations.length === 0 ? (
        <div className="space-y-4">
          <p className="text-muted">
            Nothing has been asked yet. Every question stays here with its steps and its answer.
          </p>
          <Link href="/" className={buttonClass("plain")}>
            Ask the first question
          </Link>
        </div>
      ) : null}
      <ul aria-label="Questions" className={generations.length > 0 ? "border-line border-t" : ""}>
        {generations.map((generation) => (
          <Entry key={generation.name} generation={generation} sourceTitle={sourceTitle} now={now} />
        ))}
      </ul>
      {history.hasNextPage ? (
        <Button className="mt-6" disabled={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
          {history.isFetchingNextPage ? "Loading…" : "Show older questions"}
        </Button>
      ) : null}
    </div>
  );
}
