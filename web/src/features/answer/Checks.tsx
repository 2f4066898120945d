// The proof of an answer: what was checked, what was refused on the way, and why.

import type { Check } from "@candor/client/candor/generation/v1/generation_service_pb";
import { Finding_Severity } from "@candor/client/candor/validation/v1/validation_service_pb";
import { Check as Tick, ChevronRight, ShieldCheck, X } from "lucide-react";

import { counted } from "@/ui/format";

import { Findings } from "./Findings";

/** The check of the statement that ran: the last one that was allowed. */
export function decisiveCheck(checks: readonly Check[], sql: string): Check | undefined {
  return checks.findLast((check) => check.allowed && check.sql === sql) ?? checks.findLast((check) => check.allowed);
}

function Verdict({ check }: { readonly check: Check | undefined }) {
  if (!check) return <p className="text-small text-muted">No check was recorded.</p>;
  const objected = check.findings.some(({ severity }) => severity !== Finding_Severity.INFO);
  return (
    <div className="space-y-2">
      {objected ? null : (
        <p className="text-small flex gap-2.5">
          <ShieldCheck aria-hidden className="text-accent mt-0.5 size-4 shrink-0" />
          Every name is in the schema, the statement only reads, and nothing was objected to.
        </p>
      )}
      {check.findings.length > 0 ? <Findings findings={check.findings} /> : null}
    </div>
  );
}

function Tried({ check }: { readonly check: Check }) {
  const Icon = check.allowed ? Tick : X;
  return (
    <li className="border-line space-y-2 border-t pt-3 first:border-t-0 first:pt-0">
      <p className="text-small flex items-center gap-2.5">
        <Icon aria-hidden className={`size-4 shrink-0 ${check.allowed ? "text-accent" : "text-danger"}`} />
        <span>
          Attempt {check.attempt}, draft {check.candidate + 1}: {check.allowed ? "allowed" : "refused"}
        </span>
      </p>
      <pre className="text-fine bg-sunken rounded-control overflow-x-auto px-3.5 py-2.5 font-mono whitespace-pre-wrap">
        {check.sql}
      </pre>
      {check.findings.length > 0 ? <Findings findings={check.findings} /> : null}
    </li>
  );
}

/** What was checked. */
export function Checks({ checks, sql }: { readonly checks: readonly Check[]; readonly sql: string }) {
  const refused = checks.filter((check) => !check.allowed).length;
  return (
    <div className="space-y-3">
      {sql ? <Verdict check={decisiveCheck(checks, sql)} /> : null}
      {checks.length > 0 ? (
        <details className="group">
          <summary className="text-small text-muted hover:text-ink inline-flex min-h-7 list-none items-center gap-1.5 font-medium [&::-webkit-details-marker]:hidden">
            <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
            {counted(checks.length, "draft")} checked{refused > 0 ? `, ${refused} refused` : ""}
          </summary>
          <ol className="mt-3 space-y-3" aria-label="Checked drafts">
            {checks.map((check) => (
              <Tried key={`${check.attempt}/${check.candidate}`} check={check} />
            ))}
          </ol>
        </details>
      ) : null}
    </div>
  );
}
