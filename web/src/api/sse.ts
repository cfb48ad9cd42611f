import { ConnectionError } from "./errors";

export interface SseEvent {
  type: string;
  data: string;
}

/**
 * Splits a server-sent event stream into its events.
 *
 * Chunks may be cut anywhere: inside a character, between CR and LF, inside a line. Only CR, LF and
 * CRLF end a line (U+2028 does not). Comments are heartbeats and carry nothing.
 */
export class SseParser {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #type = "message";
  #data: string[] = [];

  /** The events that this chunk completes. */
  push(chunk: Uint8Array): SseEvent[] {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    return this.#drain(false);
  }

  /** The event that was under way when the stream ended, for servers that forget the last empty line. */
  end(): SseEvent[] {
    this.#rest += this.#decoder.decode();
    const events = this.#drain(true);
    if (this.#data.length > 0) events.push(this.#take());
    return events;
  }

  #drain(ended: boolean): SseEvent[] {
    const events: SseEvent[] = [];
    const lineEnd = /\r\n|\r|\n/g;
    let start = 0;
    for (let match = lineEnd.exec(this.#rest); match; match = lineEnd.exec(this.#rest)) {
      // A CR at the very end may be the first half of a CRLF.
      if (match[0] === "\r" && match.index === this.#rest.length - 1 && !ended) break;
      this.#line(this.#rest.slice(start, match.index), events);
      start = lineEnd.lastIndex;
    }
    this.#rest = this.#rest.slice(start);
    if (ended && this.#rest !== "") this.#line(this.#rest, events);
    if (ended) this.#rest = "";
    return events;
  }

  #line(line: string, events: SseEvent[]) {
    if (line === "") {
      if (this.#data.length > 0) events.push(this.#take());
      this.#type = "message";
    } else if (line.startsWith("event:")) {
      this.#type = line.slice(6).replace(/^ /, "");
    } else if (line === "data" || line.startsWith("data:")) {
      this.#data.push(line.slice(5).replace(/^ /, ""));
    }
  }

  #take(): SseEvent {
    const event = { type: this.#type, data: this.#data.join("\n") };
    this.#data = [];
    return event;
  }
}

/** Breaks off what waits too long for `reader`. */
function readWithin(reader: ReadableStreamDefaultReader<Uint8Array>, silentMs: number | undefined) {
  if (silentMs === undefined) return reader.read();
  let timer: ReturnType<typeof setTimeout>;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectionError("the stream is silent")), silentMs);
  });
  return Promise.race([reader.read(), silence]).finally(() => clearTimeout(timer));
}

/** The `data` of each event of an answer. With `silentMs`, a stream without a byte for so long is an error. */
export async function* eventData(
  body: ReadableStream<Uint8Array>,
  silentMs?: number,
): AsyncGenerator<string> {
  for await (const { data } of sseEvents(body, silentMs)) yield data;
}

/** The events of an answer. */
export async function* sseEvents(
  body: ReadableStream<Uint8Array>,
  silentMs?: number,
): AsyncGenerator<SseEvent> {
  const parser = new SseParser();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await readWithin(reader, silentMs);
      yield* done ? parser.end() : parser.push(value);
      if (done) return;
    }
  } finally {
    // Also when the consumer stops early: the gateway must learn that nobody listens any more.
    await reader.cancel().catch(() => {});
  }
}
