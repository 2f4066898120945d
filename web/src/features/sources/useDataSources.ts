// The data sources of an organization, and adding one.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Connection, DataSource } from "@candor/client/candor/validation/v1/validation_service_pb";
import { useRef } from "react";

import { keys } from "@/api/keys";
import { lastPart, newRequestId } from "@/api/names";
import { createDataSource, listDataSources, syncSchema } from "@/api/platform";

/** The id of the database that comes with Candor. */
const SAMPLE_ID = "sample";

/** Every data source, the sample first. */
export function useDataSources(organization: string) {
  return useQuery({
    queryKey: keys.dataSources(organization),
    queryFn: () => listDataSources(organization),
    select: (sources) => sources.toSorted((left, right) => Number(isSample(right)) - Number(isSample(left))),
  });
}

/** Whether a data source is the sample. */
export function isSample(source: DataSource): boolean {
  return lastPart(source.name) === SAMPLE_ID;
}

/** What a data source is called. */
export function titleOf(source: DataSource): string {
  return source.displayName || lastPart(source.name);
}

/** A data source to add. */
export interface NewDataSource {
  readonly id: string;
  readonly title: string;
  readonly connection: Connection;
}

/** Adds a data source and reads its schema. What could be added stays added when its schema cannot be read. */
export function useAddDataSource(organization: string, onAdded: (name: string) => void) {
  const queryClient = useQueryClient();
  const pending = useRef<{ readonly source: NewDataSource; readonly requestId: string } | undefined>(undefined);
  return useMutation({
    mutationFn: async (source: NewDataSource) => {
      if (pending.current?.source !== source) pending.current = { source, requestId: newRequestId() };
      const { id, title, connection } = source;
      const added = await createDataSource(organization, id, title, connection, pending.current.requestId);
      await queryClient.invalidateQueries({ queryKey: keys.dataSources(organization) });
      // The schema page says what is wrong, and offers to read it again.
      await syncSchema(added.name).catch(() => undefined);
      await queryClient.invalidateQueries({ queryKey: keys.schema(added.name) });
      return added;
    },
    onSuccess: (added) => onAdded(added.name),
  });
}
