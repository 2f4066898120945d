// How answers of the platform are kept, and what happens when one says that nobody is signed in.

import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

import { Code, failureOf } from "@/api/failure";
import { keys } from "@/api/keys";
import { isSignedOut } from "@/api/words";

/** How often a read is tried again when nothing answered. */
const MOST_RETRIES = 2;

/** The cache of the page. */
export function createQueryClient(): QueryClient {
  const onError = (error: unknown) => {
    if (isSignedOut(error) && client.getQueryState(keys.caller)?.status === "success") {
      void client.invalidateQueries({ queryKey: keys.caller });
    }
  };
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        networkMode: "always",
        staleTime: 15_000,
        retry: (count, error) => count < MOST_RETRIES && failureOf(error).code === Code.UNAVAILABLE,
        retryDelay: (count) => 300 * 2 ** count,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
  return client;
}
