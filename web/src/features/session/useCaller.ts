// Who is signed in.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { endSession } from "@/api/call";
import { keys } from "@/api/keys";
import { getCaller } from "@/api/platform";

/** Who is signed in; asked again whenever the page is looked at, so a link opened elsewhere is noticed. */
export function useCaller() {
  return useQuery({ queryKey: keys.caller, queryFn: getCaller, refetchOnWindowFocus: "always", retry: false });
}

/** Signs out and forgets what was loaded. */
export function useSignOut() {
  const queryClient = useQueryClient();
  return useMutation({ mutationFn: endSession, onSuccess: () => queryClient.resetQueries() });
}
