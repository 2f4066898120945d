// What a person sees who is not signed in: where the link is, in words.

import { Button } from "@/ui/Button";
import { Mark } from "@/ui/Mark";

interface SignedOutProps {
  /** What became of a link that was opened: nothing to say, one that does not work any more, or nobody there to check it. */
  readonly link: "" | "invalid" | "unavailable";
  readonly onCheck: () => void;
  readonly checking: boolean;
}

const LINKS = {
  invalid: "That link has been used or has expired. Each one works once, within ten minutes.",
  unavailable: "Candor could not check that link just now. Wait a few seconds, then open it again.",
} as const;

function Command({ children }: { readonly children: string }) {
  return (
    <code className="bg-sunken border-line rounded-control border px-1.5 py-0.5 font-mono text-[0.92em]">
      {children}
    </code>
  );
}

/** How to sign in. */
export function SignedOut({ link, onCheck, checking }: SignedOutProps) {
  return (
    <main id="content" className="mx-auto grid min-h-dvh max-w-xl content-center gap-8 px-6 py-16">
      <Mark className="text-accent size-10" />
      <div className="space-y-4">
        <h1 className="text-hero font-serif">Sign in to Candor</h1>
        {link ? (
          <p role="alert" className="bg-caution-wash text-caution rounded-panel px-5 py-3.5 font-medium">
            {LINKS[link]}
          </p>
        ) : null}
        <p className="text-lead max-w-prose">
          There is no password. Open the sign-in link that was printed in the terminal where Candor runs.
        </p>
        <p className="text-muted max-w-prose">
          Can you not find it, or has it expired? Run <Command>candor sign-in</Command> there, and it prints a new one.
        </p>
      </div>
      <div>
        <Button look="lead" onClick={onCheck} disabled={checking}>
          {checking ? "Looking…" : "I have opened the link"}
        </Button>
      </div>
    </main>
  );
}
