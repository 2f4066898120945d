import { describe, expect, it } from "vitest";

import { newRequestId, idFromTitle } from "./names";
import { readFrame } from "./watch";

describe("readFrame", () => {
  it("reads events", () => {
    const frame = readFrame(
      '{"events":[{"sequence":"9007199254740993","step":{"id":"draft","state":"STATE_STARTED"}}]}',
    );
    expect("events" in frame && frame.events[0]?.sequence).toBe(9007199254740993n);
  });

  it("tells a good end from a failed one", () => {
    expect(readFrame('{"end":{"code":0}}')).toEqual({ end: undefined });
    expect(readFrame('{"end":{}}')).toEqual({ end: undefined });
    expect(readFrame('{"end":{"code":5,"message":"gone"}}')).toMatchObject({ end: { code: 5, message: "gone" } });
  });

  it("refuses what is no frame", () => {
    expect(() => readFrame("x")).toThrow();
    expect(() => readFrame('{"events":[{"sequence":"x"}]}')).toThrow();
  });
});

describe("names", () => {
  it("makes request ids that are UUIDs of version 4", () => {
    expect(newRequestId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
  });

  it.each([
    ["Sales, 2026", "sales-2026"],
    ["Éléphant & Co.", "elephant-co"],
    ["--", ""],
    ["x".repeat(62) + " y", "x".repeat(62)],
  ])("turns %j into the id %j", (title, id) => {
    expect(idFromTitle(title)).toBe(id);
  });
});
