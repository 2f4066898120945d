// What a generation's events add up to: a pure reducer that can be given any event twice.

import type {
  Candidates,
  Check,
  Explanation,
  GenerationEvent,
  Result,
} from "@candor/client/candor/generation/v1/generation_service_pb";
import { Step_State, type Step } from "@candor/client/candor/progress/v1/progress_pb";
import type { ResultColumn, RowBatch } from "@candor/client/candor/validation/v1/validation_service_pb";
import type { Status } from "@candor/client/google/rpc/status_pb";

/** Everything that is known of a generation's work so far. */
export interface Progress {
  /** The sequence of the last event that was taken in. */
  readonly sequence: bigint;
  /** Whether the last events left one out, so that they have to be asked for again. */
  readonly gap: boolean;
  /** In order of their start; a step that ended replaces the same step that started. */
  readonly steps: readonly Step[];
  readonly drafts: readonly Candidates[];
  readonly checks: readonly Check[];
  readonly columns: readonly ResultColumn[];
  readonly batches: readonly RowBatch[];
  readonly explanation: Explanation | undefined;
  readonly result: Result | undefined;
  readonly error: Status | undefined;
}

/** Nothing has happened yet. */
export const NO_PROGRESS: Progress = {
  sequence: 0n,
  gap: false,
  steps: [],
  drafts: [],
  checks: [],
  columns: [],
  batches: [],
  explanation: undefined,
  result: undefined,
  error: undefined,
};

function withStep(steps: readonly Step[], step: Step): readonly Step[] {
  const place = steps.findIndex((known) => known.id === step.id && known.attempt === step.attempt);
  return place < 0 ? [...steps, step] : steps.with(place, step);
}

function withEvent(progress: Progress, event: GenerationEvent["event"]): Progress {
  switch (event.case) {
    case "step":
      return { ...progress, steps: withStep(progress.steps, event.value) };
    case "candidates":
      return { ...progress, drafts: [...progress.drafts, event.value] };
    case "check":
      return { ...progress, checks: [...progress.checks, event.value] };
    case "rows":
      return {
        ...progress,
        columns: event.value.columns.length > 0 ? event.value.columns : progress.columns,
        batches: event.value.batch ? [...progress.batches, event.value.batch] : progress.batches,
      };
    case "explanation":
      return { ...progress, explanation: event.value };
    case "result":
      return { ...progress, result: event.value };
    case "error":
      return { ...progress, error: event.value };
    default:
      return progress;
  }
}

/**
 * Takes in events that came together. One that is known already is passed over; what follows a
 * missing one waits until it is sent again, so that nothing is ever shown twice or out of order.
 */
export function takeIn(progress: Progress, events: readonly GenerationEvent[]): Progress {
  let next: Progress = { ...progress, gap: false };
  for (const event of events) {
    if (event.event.case === "heartbeat" || event.sequence <= next.sequence) continue;
    if (event.sequence > next.sequence + 1n) return { ...next, gap: true };
    next = { ...withEvent(next, event.event), sequence: event.sequence };
  }
  return next;
}

/** Whether a step is still at work. */
export function isRunning(step: Step): boolean {
  return step.state === Step_State.STARTED;
}
