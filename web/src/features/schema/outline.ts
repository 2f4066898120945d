// A schema as it is read on the page: tables with their columns, what refers to what, and what a filter leaves.

import { ColumnType, type Catalog, type Column, type Table } from "@candor/client/candor/catalog/v1/catalog_pb";

/** A column and where it points. */
export interface OutlineColumn {
  readonly column: Column;
  /** "customers.id" when the column is part of a foreign key; empty otherwise. */
  readonly refersTo: string;
}

/** A table as a filter leaves it. */
export interface OutlineTable {
  readonly table: Table;
  /** "schema.name", or "name" where the engine has no schemas. */
  readonly name: string;
  readonly columns: readonly OutlineColumn[];
  /** Whether the filter matched columns rather than the table, so that it should be open. */
  readonly byColumn: boolean;
}

/** A table's name as foreign keys write it. */
export function tableName(table: Table): string {
  return table.schema ? `${table.schema}.${table.name}` : table.name;
}

function matches(texts: readonly string[], words: readonly string[]): boolean {
  const all = texts.join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}

/** The tables and columns that hold every word of a filter, in their name, type or comment. */
export function outlineOf(catalog: Catalog, filter: string): OutlineTable[] {
  const words = filter.toLowerCase().split(/\s+/u).filter(Boolean);
  const targets = new Map<string, string>();
  for (const key of catalog.foreignKeys) {
    key.columns.forEach((column, at) =>
      targets.set(`${key.table}\n${column}`, `${key.referredTable}.${key.referredColumns[at] ?? ""}`),
    );
  }
  return catalog.tables.flatMap((table): OutlineTable[] => {
    const name = tableName(table);
    const columns = table.columns.map((column) => ({ column, refersTo: targets.get(`${name}\n${column.name}`) ?? "" }));
    if (matches([name, table.comment], words)) return [{ table, name, columns, byColumn: false }];
    const left = columns.filter(({ column }) => matches([name, column.name, column.nativeType, column.comment], words));
    return left.length > 0 ? [{ table, name, columns: left, byColumn: true }] : [];
  });
}

const TYPES: Readonly<Record<ColumnType, string>> = {
  [ColumnType.UNSPECIFIED]: "unknown",
  [ColumnType.INTEGER]: "whole number",
  [ColumnType.NUMBER]: "number",
  [ColumnType.TEXT]: "text",
  [ColumnType.DATE]: "date",
  [ColumnType.TIMESTAMP]: "date and time",
  [ColumnType.TIME]: "time",
  [ColumnType.BOOLEAN]: "yes or no",
  [ColumnType.BINARY]: "bytes",
  [ColumnType.JSON]: "document",
  [ColumnType.OTHER]: "other",
};

/** A column's type in a word. */
export function typeWord(type: ColumnType): string {
  return TYPES[type];
}
