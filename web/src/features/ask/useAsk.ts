// Sending a question once, however often it has to be tried.

import type { Generation } from "@candor/client/candor/generation/v1/generation_service_pb";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";

import { keys } from "@/api/keys";
import { newRequestId } from "@/api/names";
import { createGeneration } from "@/api/platform";

/** A question and the data source it is asked of. */
export interface Question {
  readonly text: string;
  readonly dataSource: string;
}

/** Asks a question. A question that is sent again after a failure keeps its request id, so it is never asked twice. */
export function useAsk(organization: string, onAsked: (generation: Generation) => void) {
  const queryClient = useQueryClient();
  const pending = useRef<{ readonly key: string; readonly requestId: string } | undefined>(undefined);
  return useMutation({
    mutationFn: ({ text, dataSource }: Question) => {
      const key = JSON.stringify([text, dataSource]);
      if (pending.current?.key !== key) pending.current = { key, requestId: newRequestId() };
      return createGeneration(organization, dataSource, text, pending.current.requestId);
    },
    onSuccess: (generation) => {
      pending.current = undefined;
      queryClient.setQueryData(keys.generation(generation.name), generation);
      void queryClient.invalidateQueries({ queryKey: keys.generations(organization) });
      onAsked(generation);
    },
  });
}
