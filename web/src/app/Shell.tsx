// What surrounds every page: the mark, the ways through, the theme, and the way out.

import type { GetCallerResponse } from "@candor/client/candor/accounts/v1/accounts_service_pb";
import { LogOut, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { Link, useLocation } from "wouter";

import { lastPart } from "@/api/names";
import { errorInWords } from "@/api/words";
import { useSignOut } from "@/features/session/useCaller";
import { IconButton } from "@/ui/Button";
import { Mark } from "@/ui/Mark";
import { Problem } from "@/ui/Problem";
import { chooseTheme, useTheme } from "@/ui/theme";

const PLACES = [
  { href: "/", label: "Ask", within: (path: string) => path === "/" || path.startsWith("/ask") },
  { href: "/schema", label: "Schema", within: (path: string) => path.startsWith("/schema") },
  { href: "/history", label: "History", within: (path: string) => path.startsWith("/history") },
] as const;

function Places() {
  const [path] = useLocation();
  return (
    <nav aria-label="Main" className="flex gap-1">
      {PLACES.map(({ href, label, within }) => (
        <Link
          key={href}
          href={href}
          aria-current={within(path) ? "page" : undefined}
          className="text-small text-muted hover:text-ink aria-[current=page]:text-ink relative inline-flex min-h-9 items-center px-1.5 font-medium min-[360px]:px-2.5 transition-colors after:absolute after:inset-x-1.5 min-[360px]:after:inset-x-2.5 after:bottom-0.5 after:h-0.5 after:rounded-full aria-[current=page]:after:bg-accent sm:px-3.5 sm:after:inset-x-3.5"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}

function ThemeButton() {
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  const Icon = theme === "dark" ? Sun : Moon;
  return (
    <IconButton label={`Use the ${other} theme`} onClick={() => chooseTheme(other)}>
      <Icon aria-hidden className="size-[18px]" />
    </IconButton>
  );
}

interface ShellProps {
  readonly caller: GetCallerResponse;
  readonly children: ReactNode;
}

/** The frame of every page of a person who is signed in. */
export function Shell({ caller, children }: ShellProps) {
  const signOut = useSignOut();
  const who = `${caller.displayName || lastPart(caller.subject)}, ${lastPart(caller.organization)}`;
  return (
    <>
      <a
        href="#content"
        className="bg-accent text-on-accent rounded-control text-small absolute top-2 left-2 z-50 -translate-y-16 px-4 py-2 font-semibold focus:translate-y-0"
      >
        Skip to the content
      </a>
      <header className="border-line bg-paper/95 sticky top-0 z-30 border-b backdrop-blur-sm">
        <div className="mx-auto flex h-14 max-w-[88rem] items-center gap-1 px-2.5 sm:gap-6 sm:px-8">
          <Link href="/" aria-label="Candor, ask a question" className="flex min-h-9 items-center gap-2.5 px-1">
            <Mark className="text-accent size-6" />
            <span className="hidden pt-1 font-serif text-[1.35rem] leading-none font-medium sm:inline">Candor</span>
          </Link>
          <Places />
          <div className="ml-auto flex items-center sm:gap-1">
            <span className="text-fine text-muted mr-2 hidden md:inline">{who}</span>
            <ThemeButton />
            <IconButton label="Sign out" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
              <LogOut aria-hidden className="size-[18px]" />
            </IconButton>
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto max-w-[88rem] px-4 pt-8 pb-24 outline-none sm:px-8 sm:pt-12">
        {signOut.error ? <Problem {...errorInWords(signOut.error)} /> : null}
        {children}
      </main>
    </>
  );
}
