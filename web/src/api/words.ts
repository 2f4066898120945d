// Failures in words: what happened, and what to do next.

import { Code, failureOf, type Failure } from "./failure";

interface Words {
  readonly title: string;
  readonly next: string;
}

/** A failure as it is shown to a person. */
export interface FailureInWords extends Words {
  /** The platform's own words; empty when it sent none. */
  readonly message: string;
  /** The word that never changes, for a search or a report. */
  readonly reason: string;
  /** Where to look in the log; empty when nothing says. */
  readonly trace: string;
}

const WORDS: Readonly<Record<string, Words>> = {
  UNREACHABLE: {
    title: "Candor does not answer",
    next: "Look whether it is still running in the terminal, start it again with “make run”, then try again. What you typed is kept.",
  },
  UNREADABLE: {
    title: "The answer could not be read",
    next: "This page and the platform may be of different versions. Reload the page.",
  },
  UNKNOWN: { title: "Something went wrong", next: "Try again. If it happens again, look at the log in the terminal." },
  INTERNAL: {
    title: "Something went wrong inside Candor",
    next: "Try again. If it happens again, find the trace id in the log in the terminal.",
  },
  INVALID_ARGUMENT: { title: "Something in the form is not right", next: "Correct what is named, then try again." },
  TOKEN_MISSING: { title: "You are signed out", next: "Open a new sign-in link from the terminal." },
  TOKEN_INVALID: { title: "You are signed out", next: "Open a new sign-in link from the terminal." },
  TOKEN_EXPIRED: { title: "You are signed out", next: "Open a new sign-in link from the terminal." },
  SESSION_INVALID: { title: "You are signed out", next: "Open a new sign-in link from the terminal." },
  PERMISSION_DENIED: {
    title: "You may not do this",
    next: "Ask an owner of the organization for the permission that is named.",
  },
  ORGANIZATION_DENIED: {
    title: "This belongs to another organization",
    next: "Sign in to that organization, or go back.",
  },
  OVERLOADED: { title: "Candor is busy", next: "Wait a few seconds, then try again." },
  DEADLINE_EXCEEDED: { title: "It took too long", next: "Try again, or ask for less at once." },
  CANCELLED: { title: "Cancelled", next: "Ask again whenever you like." },
  SERVICE_UNAVAILABLE: {
    title: "A part of Candor does not answer",
    next: "Look at the log in the terminal for the part that is named, then try again.",
  },
  DATA_SOURCE_NOT_FOUND: { title: "This data source does not exist", next: "Choose another, or add it again." },
  DATA_SOURCE_EXISTS: { title: "A data source of this name exists", next: "Give the new one another name." },
  DATA_SOURCE_UNREACHABLE: {
    title: "The database does not answer",
    next: "Check that it is running, and that the host and the port, or the path, are right.",
  },
  DATA_SOURCE_LOGIN_FAILED: { title: "The database refused the sign-in", next: "Check the user and the password." },
  DATA_SOURCE_NOT_A_DATABASE: {
    title: "This file is not a database of that kind",
    next: "Check the path, and choose the kind that the file is.",
  },
  DATA_SOURCE_NOT_ALLOWED: {
    title: "Candor may not connect there",
    next: "Whoever runs Candor decides which folders and addresses are allowed. Choose one of those, or ask them.",
  },
  DATA_SOURCE_BUSY: {
    title: "This data source is busy",
    next: "As many statements run against it as may at once. Try again in a few seconds.",
  },
  DATA_SOURCE_SUSPENDED: {
    title: "This data source is left alone for a while",
    next: "It failed several times in a row. Candor tries it again by itself; check that the database runs.",
  },
  DATA_SOURCE_DRIVER_MISSING: {
    title: "The driver for this database is not installed",
    next: "Whoever runs Candor can add it: pip install “candor[warehouses]”.",
  },
  POLICY_INVALID: {
    title: "This policy cannot be kept",
    next: "A rule names what does not exist, or has a condition that cannot be read. Correct the rule that is named.",
  },
  POLICY_CHANGED: {
    title: "Somebody else changed this policy",
    next: "Read it again, then make your change once more.",
  },
  DIALECT_UNKNOWN: { title: "This SQL dialect is not known", next: "Choose one of the dialects that are listed." },
  EXPECTATION_INVALID: {
    title: "This expectation cannot be checked",
    next: "Its name is not known, or a parameter is missing. Correct the one that is named.",
  },
  QUALITY_REPORT_NOT_FOUND: {
    title: "There is no such quality report",
    next: "Old reports are removed after a while. List the reports to see what there is.",
  },
  TRIAL_UNAVAILABLE: {
    title: "Scale trials are not installed here",
    next: "They need Spark and Java 17: whoever runs Candor can add them with pip install “candor[spark]”.",
  },
  TRIAL_FAILED: {
    title: "The scale trial failed",
    next: "What Spark said is below. Ask for fewer rows, or for more memory and disk.",
  },
  STATEMENT_TIMEOUT: {
    title: "The statement ran too long and was stopped",
    next: "Ask for fewer rows or a shorter period.",
  },
  STATEMENT_CANCELLED: {
    title: "Cancelled",
    next: "The database has stopped the statement. Ask again whenever you like.",
  },
  SCHEMA_NOT_FOUND: { title: "The schema has not been read yet", next: "Read it now with “Sync schema”." },
  MODEL_NOT_FOUND: { title: "The model is not configured", next: "Check the model settings, then start Candor again." },
  MODEL_UNAVAILABLE: {
    title: "The model’s provider does not answer",
    next: "Try again in a moment, or use the built-in engine.",
  },
  MODEL_LOGIN_FAILED: { title: "The model’s provider refused the key", next: "Check the key in the settings." },
  MODEL_REPLY_UNREADABLE: { title: "The model’s reply held no SQL", next: "Ask again in other words." },
  GENERATION_NOT_FOUND: { title: "This question is not here", next: "Look for it in the history, or ask it again." },
  GENERATION_ENDED: { title: "It had ended already", next: "There was nothing left to cancel." },
  TABLE_NOT_FOUND: { title: "The table is not there any more", next: "Sync the schema, then try again." },
  ORGANIZATION_NOT_FOUND: { title: "This organization does not exist", next: "Sign in again." },
  NOT_A_MEMBER: { title: "You are no longer a member", next: "Ask an owner of the organization to add you again." },
  SIGN_IN_CODE_INVALID: {
    title: "The sign-in link has been used or has expired",
    next: "Run “candor sign-in” for a new one.",
  },
  SERVICE_KEY_INVALID: {
    title: "The parts of Candor do not trust each other",
    next: "Stop Candor and start it again with “make run”.",
  },
  REQUEST_ID_REUSED: { title: "This was sent before with other content", next: "Reload the page, then send it again." },
  REVISION_STALE: {
    title: "Someone changed this meanwhile",
    next: "Reload the page to see it as it is now, then change it again.",
  },
  TOO_LARGE: { title: "That is too large", next: "Send less at once." },
  PAGE_TOKEN_INVALID: { title: "The list has changed", next: "Reload the page to read it from its beginning." },
  UNIMPLEMENTED: {
    title: "This Candor cannot do that",
    next: "This page and the platform may be of different versions. Reload the page.",
  },
  NOTHING_UNDERSTOOD: { title: "Nothing in the question was found in the data", next: "Use words from the schema." },
  CONFIDENCE_TOO_LOW: {
    title: "The best draft is too uncertain to be shown",
    next: "Ask more precisely, with names from the schema.",
  },
  NO_CANDIDATE_PASSED: { title: "No draft passed the checks", next: "Ask more precisely, with names from the schema." },
};

/** By gRPC status code, for reasons that this page is too old to know. */
const BY_CODE: Readonly<Record<number, Words>> = {
  3: { title: "Something in the request is not right", next: "Change what is named, then try again." },
  5: { title: "Not found", next: "It may have been removed. Go back and choose another." },
  7: { title: "You may not do this", next: "Ask an owner of the organization." },
  8: { title: "Candor is busy", next: "Wait a few seconds, then try again." },
  14: { title: "A part of Candor does not answer", next: "Try again in a moment." },
};

const FALLBACK: Words = {
  title: "Something went wrong",
  next: "Try again. If it happens again, look at the log in the terminal.",
};

/** Says a failure in words; an unknown reason still says what to do. */
export function failureInWords(failure: Failure): FailureInWords {
  const known = failure.reason === "UNKNOWN" ? undefined : WORDS[failure.reason];
  const words = known ?? BY_CODE[failure.code] ?? FALLBACK;
  return { ...words, message: failure.message, reason: failure.reason, trace: failure.metadata.trace_id ?? "" };
}

/** Says in words what was thrown. */
export function errorInWords(error: unknown): FailureInWords {
  return failureInWords(failureOf(error));
}

/** Whether the error means that nobody is signed in. */
export function isSignedOut(error: unknown): boolean {
  return failureOf(error).code === Code.UNAUTHENTICATED;
}
