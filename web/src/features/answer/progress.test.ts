import { create } from "@bufbuild/protobuf";
import { GenerationEventSchema, type GenerationEvent } from "@candor/client/candor/generation/v1/generation_service_pb";
import { Step_State } from "@candor/client/candor/progress/v1/progress_pb";
import { describe, expect, it } from "vitest";

import { NO_PROGRESS, takeIn } from "./progress";

function step(sequence: number, id: string, state: Step_State, attempt = 1): GenerationEvent {
  return create(GenerationEventSchema, {
    sequence: BigInt(sequence),
    event: { case: "step", value: { id, state, attempt, message: id } },
  });
}

function heartbeat(sequence: number): GenerationEvent {
  return create(GenerationEventSchema, { sequence: BigInt(sequence), event: { case: "heartbeat", value: {} } });
}

function rows(sequence: number, names: string[], rowCount: number): GenerationEvent {
  return create(GenerationEventSchema, {
    sequence: BigInt(sequence),
    event: { case: "rows", value: { columns: names.map((name) => ({ name })), batch: { rowCount } } },
  });
}

const STARTED = step(1, "draft", Step_State.STARTED);
const ENDED = step(2, "draft", Step_State.COMPLETED);
const AGAIN = step(3, "draft", Step_State.STARTED, 2);

describe("takeIn", () => {
  it("replaces a step that started by the same step when it ends", () => {
    const progress = takeIn(NO_PROGRESS, [STARTED, ENDED]);
    expect(progress.steps.map((known) => known.state)).toEqual([Step_State.COMPLETED]);
    expect(progress.sequence).toBe(2n);
  });

  it("keeps each attempt of a step", () => {
    const progress = takeIn(NO_PROGRESS, [STARTED, ENDED, AGAIN]);
    expect(progress.steps.map((known) => known.attempt)).toEqual([1, 2]);
  });

  it("shows nothing twice when a resumed stream repeats what is known", () => {
    const first = takeIn(NO_PROGRESS, [rows(1, ["a"], 3), rows(2, [], 4)]);
    const resumed = takeIn(first, [rows(1, ["a"], 3), rows(2, [], 4), rows(3, [], 5)]);
    expect(resumed.batches.map((batch) => batch.rowCount)).toEqual([3, 4, 5]);
    expect(resumed.columns.map((column) => column.name)).toEqual(["a"]);
  });

  it("stops before a missing event and asks for it", () => {
    const progress = takeIn(NO_PROGRESS, [STARTED, AGAIN]);
    expect(progress.gap).toBe(true);
    expect(progress.sequence).toBe(1n);
    expect(takeIn(progress, [ENDED, AGAIN])).toMatchObject({ gap: false, sequence: 3n });
  });

  it("takes a heartbeat for what it is, whatever its sequence", () => {
    const progress = takeIn(NO_PROGRESS, [STARTED, heartbeat(1), heartbeat(9), ENDED]);
    expect(progress).toMatchObject({ gap: false, sequence: 2n });
  });

  it("comes to the same wherever the stream is cut", () => {
    const events = [STARTED, ENDED, AGAIN, step(4, "draft", Step_State.FAILED, 2), rows(5, ["a"], 1)];
    const whole = takeIn(NO_PROGRESS, events);
    for (let cut = 0; cut <= events.length; cut += 1) {
      const before = takeIn(NO_PROGRESS, events.slice(0, cut));
      expect(takeIn(before, events.slice(Math.max(0, cut - 2)))).toEqual(whole);
    }
  });
});
