import { describe, expect, it } from "vitest";

import { newTraceparent, rememberTrace, traceOf } from "./trace";

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/u;

describe("traces", () => {
  it("begin with a header of the W3C form, another one each time", () => {
    const made = Array.from({ length: 50 }, newTraceparent);
    expect(made.every((each) => TRACEPARENT.test(each))).toBe(true);
    expect(new Set(made.map((each) => each.slice(3, 35))).size).toBe(50);
  });

  it("of a question go on where it is watched", () => {
    const traceparent = newTraceparent();
    rememberTrace("organizations/local/generations/1", traceparent);
    expect(traceOf("organizations/local/generations/1")).toBe(traceparent);
  });

  it("begin anew for a generation that another page asked for", () => {
    expect(traceOf("organizations/local/generations/unknown")).toMatch(TRACEPARENT);
  });

  it("are forgotten in the end", () => {
    const traceparent = newTraceparent();
    rememberTrace("organizations/local/generations/old", traceparent);
    for (let index = 0; index < 200; index++) rememberTrace(`new-${String(index)}`, newTraceparent());
    expect(traceOf("organizations/local/generations/old")).not.toBe(traceparent);
  });
});
