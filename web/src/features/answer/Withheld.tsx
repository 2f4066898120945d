// No answer: what was understood, which words matched nothing, and what to try.

import type { Abstention } from "@candor/client/candor/generation/v1/generation_service_pb";

import { Words } from "./Unmatched";
import { stretchesOf, type Stretch } from "./understood";

const TITLES: Readonly<Record<string, string>> = {
  NOTHING_UNDERSTOOD: "Candor does not know: nothing in the question matches this data",
  NO_CANDIDATE_PASSED: "Candor does not know: no draft passed the checks",
  CONFIDENCE_TOO_LOW: "Candor is not sure enough to answer",
};

const LOOKS: Readonly<Record<Stretch["kind"], string>> = {
  understood:
    "bg-wash text-accent-strong decoration-accent underline decoration-2 underline-offset-4 rounded-sm px-0.5",
  unknown:
    "bg-caution-wash text-caution decoration-caution underline decoration-wavy decoration-1 underline-offset-4 rounded-sm px-0.5",
  plain: "",
};

interface WithheldProps {
  readonly abstention: Abstention | undefined;
  readonly question: string;
}

/** An abstention, with the question as it was read. */
export function Withheld({ abstention, question }: WithheldProps) {
  const understood = abstention?.understood ?? [];
  const unknown = abstention?.unknown ?? [];
  return (
    <div className="space-y-6">
      <div className="space-y-2">
        <h2 className="text-title font-serif">{TITLES[abstention?.reason ?? ""] ?? "Candor does not know"}</h2>
        <p className="max-w-prose">{abstention?.message ?? "No reason was given. Ask in other words."}</p>
      </div>
      {understood.length + unknown.length > 0 ? (
        <p className="text-lead max-w-prose font-serif" aria-label="The question as it was read">
          {stretchesOf(question, understood, unknown).map((stretch, at) =>
            stretch.kind === "plain" ? (
              stretch.text
            ) : (
              <mark key={at} title={stretch.target || "matched nothing"} className={LOOKS[stretch.kind]}>
                {stretch.text}
              </mark>
            ),
          )}
        </p>
      ) : null}
      {understood.length > 0 ? (
        <section aria-labelledby="understood">
          <h3 id="understood" className="eyebrow mb-2">
            What was understood
          </h3>
          <dl className="text-small divide-line divide-y">
            {understood.map((link, at) => (
              <div key={at} className="grid grid-cols-[minmax(6rem,14rem)_1fr] gap-4 py-1.5">
                <dt className="font-medium">{link.phrase}</dt>
                <dd className="text-muted min-w-0 font-mono">
                  {link.target} <span className="font-sans">({link.kind})</span>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ) : null}
      {unknown.length > 0 ? (
        <section aria-labelledby="unknown">
          <h3 id="unknown" className="eyebrow mb-2">
            Words that matched nothing
          </h3>
          <Words words={unknown} />
        </section>
      ) : null}
    </div>
  );
}
