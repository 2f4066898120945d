// Follows a generation's events over a WebSocket, and goes on where it stopped when the socket drops.

import { GenerationEventSchema, type GenerationEvent } from "@candor/client/candor/generation/v1/generation_service_pb";

import { read } from "./call";
import { Code, failureFromStatus, failureOf, UNREADABLE, type Failure } from "./failure";
import { lastPart } from "./names";
import { getGeneration } from "./platform";
import { traceOf } from "./trace";

/** How the connection stands. */
export type Connection = "connecting" | "open" | "dropped" | "ended";

/** Who listens to a generation. */
export interface Listener {
  /** New events, in order. Gives the last sequence that is known now, and whether one is missing before it. */
  onEvents(events: readonly GenerationEvent[]): { readonly sequence: bigint; readonly gap: boolean };
  onConnection(connection: Connection): void;
  /** The stream cannot go on; nothing follows. */
  onFailure(failure: Failure): void;
}

/** Milliseconds before each further try; the last one repeats. */
const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000] as const;

/** Milliseconds without any frame after which a socket counts as dead. The platform sends heartbeats. */
const SILENCE_MS = 45_000;

/** The ends of a stream after which another one may go on. */
const RESUMABLE: ReadonlySet<number> = new Set([
  Code.DEADLINE_EXCEEDED,
  Code.RESOURCE_EXHAUSTED,
  Code.UNAVAILABLE,
  Code.UNAUTHENTICATED,
]);

type Frame = { readonly events: readonly GenerationEvent[] } | { readonly end: Failure | undefined };

/** Reads one frame of the socket. */
export function readFrame(text: string): Frame {
  const json = JSON.parse(text) as { events?: unknown[]; end?: { code?: number } };
  if (json.end !== undefined)
    return { end: (json.end.code ?? Code.OK) === Code.OK ? undefined : failureFromStatus(json.end) };
  return { events: (json.events ?? []).map((event) => read(GenerationEventSchema, event)) };
}

/** How a generation is followed: its socket, its place, its tries. */
class Watch {
  private socket: WebSocket | undefined;
  private timer: number | undefined;
  private silence: number | undefined;
  private tries = 0;
  private sequence = 0n;
  private stopped = false;

  constructor(
    private readonly name: string,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.listener.onConnection("connecting");
    window.addEventListener("online", this.hurry);
    this.open();
  }

  stop = (): void => {
    this.stopped = true;
    window.removeEventListener("online", this.hurry);
    window.clearTimeout(this.timer);
    window.clearTimeout(this.silence);
    this.socket?.close();
  };

  private open(): void {
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    const query = `after=${this.sequence.toString()}&traceparent=${traceOf(this.name)}`;
    const path = `/ws/generations/${encodeURIComponent(lastPart(this.name))}?${query}`;
    const socket = new WebSocket(`${scheme}://${window.location.host}${path}`);
    this.socket = socket;
    this.listenForSilence();
    socket.onmessage = (message) => {
      if (socket === this.socket && !this.stopped) this.receive(String(message.data));
    };
    socket.onclose = () => {
      if (socket === this.socket) this.drop();
    };
  }

  private receive(text: string): void {
    this.listenForSilence();
    let frame: Frame;
    try {
      frame = readFrame(text);
    } catch {
      this.end(UNREADABLE);
      return;
    }
    if ("end" in frame) {
      if (frame.end && RESUMABLE.has(frame.end.code)) this.drop();
      else this.end(frame.end);
      return;
    }
    const place = this.listener.onEvents(frame.events);
    this.sequence = place.sequence;
    if (place.gap) {
      this.drop();
      return;
    }
    this.tries = 0;
    this.listener.onConnection("open");
  }

  private end(failure: Failure | undefined): void {
    this.stop();
    if (failure) this.listener.onFailure(failure);
    this.listener.onConnection("ended");
  }

  private drop(): void {
    if (this.stopped) return;
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
    window.clearTimeout(this.silence);
    this.listener.onConnection("dropped");
    const pause = BACKOFF_MS[Math.min(this.tries, BACKOFF_MS.length - 1)] ?? 0;
    this.tries += 1;
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.reopen(), pause * (0.75 + Math.random() / 2));
  }

  /** Asks by an ordinary call first: it renews the session, and says in words why a socket is refused. */
  private async reopen(): Promise<void> {
    try {
      await getGeneration(this.name);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === Code.UNAVAILABLE) this.drop();
      else this.end(failure);
      return;
    }
    if (!this.stopped) this.open();
  }

  private hurry = (): void => {
    if (this.socket !== undefined || this.stopped) return;
    window.clearTimeout(this.timer);
    void this.reopen();
  };

  private listenForSilence(): void {
    window.clearTimeout(this.silence);
    this.silence = window.setTimeout(() => this.drop(), SILENCE_MS);
  }
}

/** Follows a generation from its first event until its last; returns how to stop. */
export function watchGeneration(name: string, listener: Listener): () => void {
  const watch = new Watch(name, listener);
  watch.start();
  return watch.stop;
}
