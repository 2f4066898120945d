import { describe, expect, it } from "vitest";

import { agoText, counted, durationText, percentText } from "./format";

describe("format", () => {
  it.each([
    [0, "0 ms"],
    [999.4, "999 ms"],
    [1_000, "1.0 s"],
    [9_949, "9.9 s"],
    [9_960, "10 s"],
    [65_000, "1 min 5 s"],
  ])("says %d ms as %j", (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });

  it("never rounds to certainty", () => {
    expect([percentText(0.999), percentText(1), percentText(0.001), percentText(0)]).toEqual([
      "99 %",
      "100 %",
      "1 %",
      "0 %",
    ]);
  });

  it("counts", () => {
    expect([counted(1n, "row"), counted(12_480, "row"), counted(0, "query", "queries")]).toEqual([
      "1 row",
      "12,480 rows",
      "0 queries",
    ]);
  });

  it("says how long ago", () => {
    const now = new Date("2026-03-01T12:00:00Z");
    const ago = (minutes: number) => agoText(new Date(now.getTime() - minutes * 60_000), now);
    expect([ago(0), ago(5), ago(180)]).toEqual(["just now", "5 minutes ago", "3 hours ago"]);
  });
});
