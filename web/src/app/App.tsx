// The page: who is signed in decides what there is, the address decides what is shown.

import { useEffect } from "react";
import { Route, Switch } from "wouter";

import { errorInWords, isSignedOut } from "@/api/words";
import { SignedOut } from "@/features/session/SignedOut";
import { useCaller } from "@/features/session/useCaller";
import { Button } from "@/ui/Button";
import { Loading } from "@/ui/Loading";
import { Problem } from "@/ui/Problem";

import { AskPage } from "./AskPage";
import { HistoryPage, NotFoundPage, SchemaPage } from "./pages";
import { Shell } from "./Shell";

/** What became of the sign-in link that was opened. */
function openedLink(): "" | "invalid" | "unavailable" {
  const word = new URLSearchParams(window.location.search).get("signin");
  return word === "invalid" || word === "unavailable" ? word : "";
}

/** The app. */
export function App() {
  const caller = useCaller();
  const signedIn = caller.data && !(caller.error && isSignedOut(caller.error)) ? caller.data : undefined;
  useEffect(() => {
    if (signedIn && window.location.search.includes("signin="))
      window.history.replaceState(null, "", window.location.pathname);
  }, [signedIn]);

  if (signedIn) {
    return (
      <Shell caller={signedIn}>
        <Switch>
          <Route path="/">
            <AskPage organization={signedIn.organization} id="" />
          </Route>
          <Route path="/ask">
            <AskPage organization={signedIn.organization} id="" />
          </Route>
          <Route path="/ask/:id">{({ id }) => <AskPage organization={signedIn.organization} id={id} />}</Route>
          <Route path="/schema/:source?">
            {({ source }) => <SchemaPage organization={signedIn.organization} id={source ?? ""} />}
          </Route>
          <Route path="/history">
            <HistoryPage organization={signedIn.organization} />
          </Route>
          <Route>
            <NotFoundPage />
          </Route>
        </Switch>
      </Shell>
    );
  }
  if (caller.isPending) return <div className="px-6">{<Loading what="Opening Candor" />}</div>;
  if (isSignedOut(caller.error)) {
    return <SignedOut link={openedLink()} checking={caller.isFetching} onCheck={() => void caller.refetch()} />;
  }
  return (
    <main className="mx-auto grid min-h-dvh max-w-xl content-center px-6">
      <h1 className="sr-only">Candor</h1>
      <Problem {...errorInWords(caller.error)}>
        <Button onClick={() => void caller.refetch()} disabled={caller.isFetching}>
          Try again
        </Button>
      </Problem>
    </main>
  );
}
