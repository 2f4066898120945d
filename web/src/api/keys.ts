// The names under which answers of the platform are kept while the page is open.

export const keys = {
  caller: ["caller"] as const,
  dataSources: (organization: string) => ["dataSources", organization] as const,
  schema: (dataSource: string) => ["schema", dataSource] as const,
  generation: (name: string) => ["generation", name] as const,
  generations: (organization: string) => ["generations", organization] as const,
};
