// Questions to begin with.

import { CornerDownLeft } from "lucide-react";

/** Questions that the sample database answers, from simple to demanding. */
export const SAMPLE_QUESTIONS: readonly string[] = [
  "How many customers do we have?",
  "What are the 5 most expensive products by list price?",
  "How many orders are there for each status?",
  "How many customers have never placed an order?",
  "What is the average salary for each job title?",
];

interface ExamplesProps {
  readonly questions: readonly string[];
  readonly onChoose: (question: string) => void;
  readonly busy: boolean;
}

/** Example questions; choosing one asks it. */
export function Examples({ questions, onChoose, busy }: ExamplesProps) {
  return (
    <section aria-labelledby="examples-title">
      <h2 id="examples-title" className="eyebrow mb-1">
        Try one of these
      </h2>
      <ul className="divide-line divide-y">
        {questions.map((question) => (
          <li key={question}>
            <button
              type="button"
              disabled={busy}
              onClick={() => onChoose(question)}
              className="group hover:text-accent flex min-h-12 w-full items-center justify-between gap-4 py-2 text-left transition-colors disabled:opacity-55"
            >
              {question}
              <CornerDownLeft
                aria-hidden
                className="text-accent size-4 shrink-0 opacity-0 transition-opacity group-hover:opacity-100 group-focus-visible:opacity-100"
              />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
