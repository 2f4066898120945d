// The same on a page, which calls `tryCases` with the names, a token and what takes a line.

import { openChannel } from "@candor/client/web";

import { tryCases } from "./cases.mjs";

/** @type {(names: string[], token: string, print: (line: string) => unknown) => Promise<void>} */
const onPage = (names, token, print) => tryCases(names, (given) => openChannel(location.host, given), token, print);
Object.assign(globalThis, { tryCases: onPage });
