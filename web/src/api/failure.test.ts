import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { failureFromStatus, UNREACHABLE, UNREADABLE } from "./failure";
import { failureInWords } from "./words";

const STATUS = {
  code: 3,
  message: "The path is empty.",
  details: [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "ERROR_REASON_INVALID_ARGUMENT",
      domain: "candor",
      metadata: { trace_id: "4bf9" },
    },
    { "@type": "type.googleapis.com/some.newer.Detail", anything: 1 },
    {
      "@type": "type.googleapis.com/google.rpc.BadRequest",
      fieldViolations: [{ field: "data_source.connection.sqlite.path", description: "Too short." }],
    },
  ],
};

describe("failureFromStatus", () => {
  it("reads the reason without its prefix, the metadata and the fields, and passes over the rest", () => {
    expect(failureFromStatus(STATUS)).toEqual({
      reason: "INVALID_ARGUMENT",
      message: "The path is empty.",
      metadata: { trace_id: "4bf9" },
      fields: [{ field: "data_source.connection.sqlite.path", description: "Too short." }],
      code: 3,
    });
  });

  it.each([null, "x", 7, [], {}, { details: "x" }, { details: [null, 3] }])("survives %j", (json) => {
    expect(failureFromStatus(json).reason).toMatch(/^(?:UNKNOWN|UNREADABLE)$/u);
  });
});

describe("failureInWords", () => {
  it("has words of its own for every reason of the contract that a call may end with", () => {
    const contract = readFileSync(
      new URL("../../../protos/candor/errors/v1/error_reason.proto", import.meta.url),
      "utf8",
    );
    const reasons = [...contract.matchAll(/ERROR_REASON_(\w+) = (\d+);/gu)].map(([, reason, number]) => ({
      reason,
      number: Number(number),
    }));
    // Findings about a statement, a script or a trial come with words of their own.
    const findings = [
      [300, 349],
      [360, 369],
      [371, 371],
      [392, 399],
    ] as const;
    const ends = reasons.filter(
      ({ number }) => number > 0 && !findings.some(([first, last]) => number >= first && number <= last),
    );
    expect(ends.length).toBeGreaterThan(30);
    const wordless = ends.filter(
      ({ reason }) => failureInWords({ ...UNREADABLE, reason: reason ?? "" }).title === "Something went wrong",
    );
    expect(wordless).toEqual([]);
  });

  it("says that the server does not answer, and what to do", () => {
    expect(failureInWords(UNREACHABLE)).toMatchObject({ title: "Candor does not answer", reason: "UNREACHABLE" });
  });

  it("goes by the code when the reason is newer than the page", () => {
    expect(failureInWords({ ...UNREADABLE, reason: "FROM_THE_FUTURE", code: 8 }).title).toBe("Candor is busy");
  });

  it("keeps the trace id", () => {
    expect(failureInWords(failureFromStatus(STATUS)).trace).toBe("4bf9");
  });
});
