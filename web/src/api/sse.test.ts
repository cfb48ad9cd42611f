import { expect, test } from "vitest";
import { type SseEvent, SseParser } from "./sse";

const encoder = new TextEncoder();

function parseEvents(chunks: Uint8Array[]): SseEvent[] {
  const parser = new SseParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

function parse(chunks: Uint8Array[]): string[] {
  return parseEvents(chunks).map(({ data }) => data);
}

function parseText(text: string): string[] {
  return parse([encoder.encode(text)]);
}

test("the events do not depend on where the stream is cut", () => {
  const text = ': hi\r\ndata: {"a":"é🙂\u2028"}\r\n\r\nevent: x\ndata: one\ndata: two\n\r\ndata: [DONE]\r\r';
  const expected = ['{"a":"é🙂\u2028"}', "one\ntwo", "[DONE]"];
  const bytes = encoder.encode(text);
  expect(parse([bytes])).toEqual(expected);
  for (let first = 0; first <= bytes.length; first += 1) {
    for (let second = first; second <= bytes.length; second += 1) {
      const chunks = [bytes.slice(0, first), bytes.slice(first, second), bytes.slice(second)];
      expect(parse(chunks)).toEqual(expected);
    }
  }
});

test("a line separator of Unicode does not end a line", () => {
  expect(parseText("data: a\u2028b\u0085c\n\n")).toEqual(["a\u2028b\u0085c"]);
});

test("comments and empty lines make no event", () => {
  expect(parseText(": heartbeat\n\n\n: again\n\ndata: x\n\n")).toEqual(["x"]);
});

test("one space after the colon is not part of the data, a second one is", () => {
  expect(parseText("data:a\n\ndata: b\n\ndata:  c\n\ndata\n\n")).toEqual(["a", "b", " c", ""]);
});

test("an event without its last empty line still counts when the stream ends", () => {
  expect(parseText("data: whole\n\ndata: last")).toEqual(["whole", "last"]);
});

test("the type of an event is its own, and that of the next one is not", () => {
  const text = "id: 1\nevent: reset\ndata: {}\n\nevent: lost\n\ndata: x\n\n";
  expect(parseEvents([encoder.encode(text)])).toEqual([
    { type: "reset", data: "{}" },
    { type: "message", data: "x" },
  ]);
});
