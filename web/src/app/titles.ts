// What things are called in the page's title and beside a question.

import type { DataSource } from "@candor/client/candor/validation/v1/validation_service_pb";
import { useEffect } from "react";

import { lastPart } from "@/api/names";
import { titleOf } from "@/features/sources/useDataSources";

/** Names the browser's tab. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Candor`;
  }, [title]);
}

/** Finds what a data source is called; one that was removed keeps its id. */
export function sourceTitles(sources: readonly DataSource[] | undefined): (name: string) => string {
  const titles = new Map(sources?.map((source) => [source.name, titleOf(source)]));
  return (name) => titles.get(name) ?? lastPart(name);
}
