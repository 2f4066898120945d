// The steps of the work, as they happen, with their times by the server's clock.

import { Step_State, type Step } from "@candor/client/candor/progress/v1/progress_pb";
import { durationMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Check, ChevronRight, CircleSlash, LoaderCircle, Minus, X } from "lucide-react";
import { useEffect, useState } from "react";

import { durationText } from "@/ui/format";

import { isRunning } from "./progress";

const STATES: Readonly<
  Record<Step_State, { readonly word: string; readonly look: string; readonly Icon: typeof Check }>
> = {
  [Step_State.UNSPECIFIED]: { word: "unknown", look: "text-muted", Icon: Minus },
  [Step_State.STARTED]: { word: "running", look: "text-accent animate-spin", Icon: LoaderCircle },
  [Step_State.COMPLETED]: { word: "done", look: "text-accent", Icon: Check },
  [Step_State.FAILED]: { word: "failed", look: "text-danger", Icon: X },
  [Step_State.SKIPPED]: { word: "skipped", look: "text-muted", Icon: Minus },
};

const STOPPED = { word: "stopped", look: "text-muted", Icon: CircleSlash };

interface Bar {
  /** Where the step starts, and how long it is, as shares of the whole. */
  readonly start: number;
  readonly length: number;
}

function barsOf(steps: readonly Step[]): readonly Bar[] {
  const times = steps.map((step) => {
    const start = step.startTime ? timestampMs(step.startTime) : 0;
    return { start, end: start + (step.duration ? durationMs(step.duration) : 0) };
  });
  const first = Math.min(...times.map((time) => time.start));
  const whole = Math.max(1, Math.max(...times.map((time) => time.end)) - first);
  return times.map((time) => ({ start: (time.start - first) / whole, length: (time.end - time.start) / whole }));
}

/** Milliseconds since this was first drawn: a running step's time until the server says its own. */
function useElapsed(): number {
  const [since] = useState(() => performance.now());
  const [elapsed, setElapsed] = useState(0);
  useEffect(() => {
    const timer = window.setInterval(() => setElapsed(performance.now() - since), 200);
    return () => window.clearInterval(timer);
  }, [since]);
  return elapsed;
}

function Running() {
  const elapsed = useElapsed();
  return <>{elapsed > 400 ? durationText(elapsed) : "…"}</>;
}

interface StepRowProps {
  readonly step: Step;
  readonly bar: Bar | undefined;
  /** Whether the work is over, so that nothing runs any more. */
  readonly over: boolean;
}

function StepRow({ step, bar, over }: StepRowProps) {
  const running = isRunning(step) && !over;
  const { word, look, Icon } = isRunning(step) && over ? STOPPED : STATES[step.state];
  const head = (
    <>
      <Icon aria-hidden className={`mt-[3px] size-4 shrink-0 ${look}`} />
      <span className="min-w-0 flex-1">
        {step.message}
        {step.attempt > 1 ? <span className="text-muted"> · attempt {step.attempt}</span> : null}
        <span className="sr-only">, {word}</span>
      </span>
      <span className="figures text-fine text-muted shrink-0 pt-px">
        {running ? <Running /> : step.duration ? durationText(durationMs(step.duration)) : ""}
      </span>
    </>
  );
  return (
    <li className="arrive py-1">
      {step.details.length > 0 ? (
        <details className="group">
          <summary className="hover:bg-sunken rounded-control -mx-2 flex min-h-7 list-none items-start gap-2.5 px-2 py-1 [&::-webkit-details-marker]:hidden">
            {head}
            <ChevronRight
              aria-hidden
              className="text-muted mt-[3px] size-4 shrink-0 transition-transform group-open:rotate-90"
            />
          </summary>
          <ul className="text-fine text-muted border-line mt-1 mb-2 ml-[7px] space-y-1 border-l pl-[18px]">
            {step.details.map((detail, at) => (
              <li key={at}>{detail}</li>
            ))}
          </ul>
        </details>
      ) : (
        <div className="-mx-2 flex min-h-7 items-start gap-2.5 px-2 py-1 pr-[2.125rem]">{head}</div>
      )}
      {bar && !running ? (
        <div aria-hidden className="bg-line/60 mt-0.5 ml-[26px] h-[3px] overflow-hidden rounded-full">
          <div
            className="bg-accent/70 h-full min-w-[3px] rounded-full"
            style={{ marginLeft: `${Math.min(bar.start, 0.985) * 100}%`, width: `${bar.length * 100}%` }}
          />
        </div>
      ) : null}
    </li>
  );
}

/** The list of steps. */
export function StepList({ steps, over }: { readonly steps: readonly Step[]; readonly over: boolean }) {
  const bars = barsOf(steps);
  return (
    <ol className="text-small space-y-1" aria-label="Steps">
      {steps.map((step, at) => (
        <StepRow key={`${step.id}/${step.attempt}`} step={step} bar={bars[at]} over={over} />
      ))}
    </ol>
  );
}
