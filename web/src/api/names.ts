// Resource names, taken apart and put together, and the identifiers this page makes itself.

/** The last part of a resource name: "sample" of "organizations/local/dataSources/sample". */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

/** The full name of a data source. */
export function dataSourceName(organization: string, id: string): string {
  return `${organization}/dataSources/${id}`;
}

/** The full name of a generation. */
export function generationName(organization: string, id: string): string {
  return `${organization}/generations/${id}`;
}

/** A random UUID (RFC 9562, version 4), also where the page is not in a secure context. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** An id for a data source made from what a person calls it: "Sales, 2026" gives "sales-2026". */
export function idFromTitle(title: string): string {
  return title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, "-")
    .replace(/^-+|-+$/gu, "")
    .slice(0, 63)
    .replace(/-+$/u, "");
}
