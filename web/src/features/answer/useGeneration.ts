// One generation on the page: what it is, what it has done so far, and how the connection stands.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Generation_State, type Generation } from "@candor/client/candor/generation/v1/generation_service_pb";
import { useEffect, useRef, useState } from "react";

import type { Failure } from "@/api/failure";
import { keys } from "@/api/keys";
import { cancelGeneration, getGeneration } from "@/api/platform";
import { watchGeneration, type Connection } from "@/api/watch";

import { NO_PROGRESS, takeIn, type Progress } from "./progress";

interface Live {
  readonly name: string;
  readonly progress: Progress;
  readonly connection: Connection;
  readonly failure: Failure | undefined;
}

function fresh(name: string): Live {
  return { name, progress: NO_PROGRESS, connection: "connecting", failure: undefined };
}

/** Follows a generation's events while the page shows it. */
export function useProgress(name: string): Live {
  const [live, setLive] = useState(() => fresh(name));
  const progress = useRef(NO_PROGRESS);
  const queryClient = useQueryClient();
  useEffect(() => {
    progress.current = NO_PROGRESS;
    const change = (part: Partial<Live>) =>
      setLive((known) => ({ ...(known.name === name ? known : fresh(name)), ...part }));
    return watchGeneration(name, {
      onEvents(events) {
        progress.current = takeIn(progress.current, events);
        change({ progress: progress.current });
        return progress.current;
      },
      onConnection(connection) {
        change({ connection });
        if (connection === "ended") void queryClient.invalidateQueries({ queryKey: keys.generation(name) });
      },
      onFailure: (failure) => change({ failure }),
    });
  }, [name, queryClient]);
  return live.name === name ? live : fresh(name);
}

/** A generation as the platform keeps it; not asked for while there is none to show. */
export function useGeneration(name: string, shown = true) {
  return useQuery({ queryKey: keys.generation(name), queryFn: () => getGeneration(name), enabled: shown });
}

/** Cancels a generation. */
export function useCancel(name: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => cancelGeneration(name),
    onSuccess: (generation) => queryClient.setQueryData(keys.generation(name), generation),
  });
}

/** Whether a generation has come to its end, by its events or by its state. */
export function hasEnded(generation: Generation | undefined, progress: Progress): boolean {
  if (progress.result ?? progress.error) return true;
  return generation !== undefined && generation.state >= Generation_State.SUCCEEDED;
}
