// What went wrong and what to do next, said where it happened.

import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";

interface ProblemProps {
  readonly title: string;
  /** The platform's own words. */
  readonly message?: string;
  /** What to do next. */
  readonly next: string;
  /** The word that never changes. */
  readonly reason?: string;
  readonly trace?: string;
  /** Buttons that help. */
  readonly children?: ReactNode;
}

/** A problem, announced when it appears. */
export function Problem({ title, message, next, reason, trace, children }: ProblemProps) {
  return (
    <div role="alert" className="arrive bg-danger-wash rounded-panel flex gap-3.5 px-5 py-4">
      <CircleAlert aria-hidden className="text-danger mt-0.5 size-5 shrink-0" />
      <div className="min-w-0 space-y-1.5">
        <p className="font-semibold">{title}</p>
        {message ? <p className="text-small max-w-prose">{message}</p> : null}
        <p className="text-small max-w-prose">{next}</p>
        {reason ? (
          <p className="text-fine text-muted font-mono">
            {reason}
            {trace ? ` · trace ${trace}` : ""}
          </p>
        ) : null}
        {children ? <div className="flex flex-wrap gap-2 pt-1.5">{children}</div> : null}
      </div>
    </div>
  );
}
