"""The official Python SDK, unchanged, against the gateway."""

import json
import os
import unittest

from openai import APIStatusError, AuthenticationError, OpenAI
from pydantic import BaseModel

MODEL = "gpt-5.5"


class Person(BaseModel):
    name: str
    age: int


def client(**options):
    base_url = os.environ["GATEWAY_URL"] + "/v1"
    return OpenAI(base_url=base_url, **{"api_key": os.environ["GATEWAY_TOKEN"], **options})


class PythonSdk(unittest.TestCase):
    def setUp(self):
        self.client = client()
        self.addCleanup(self.client.close)

    def test_a_chat_completion_is_answered_whole_and_streamed(self):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}]
        whole = self.client.chat.completions.create(model=MODEL, messages=messages)
        self.assertIn("You said: hello", whole.choices[0].message.content)
        stream = self.client.chat.completions.create(
            model=MODEL, messages=messages, stream=True, stream_options={"include_usage": True}
        )
        chunks = list(stream)
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        self.assertIn("You said: hello", text)
        self.assertGreater(chunks[-1].usage.total_tokens, 0)

    def test_structured_output_is_parsed_on_both_endpoints(self):
        messages = [{"role": "user", "content": "who?"}]
        chat = self.client.chat.completions.parse(model=MODEL, messages=messages, response_format=Person)
        self.assertIsInstance(chat.choices[0].message.parsed, Person)
        response = self.client.responses.parse(model=MODEL, input="who?", text_format=Person)
        self.assertIsInstance(response.output_parsed, Person)

    def test_a_response_streams_its_events_in_order(self):
        with self.client.responses.stream(model=MODEL, input="hello") as stream:
            types = [event.type for event in stream]
            final = stream.get_final_response()
        self.assertEqual((types[0], types[-1]), ("response.created", "response.completed"))
        self.assertIn("You said: hello", final.output_text)

    def test_a_tool_call_goes_there_and_back_on_both_endpoints(self):
        parameters = {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        }
        text = 'get_weather {"city": "Hanoi"}'
        tools = [{"type": "function", "function": {"name": "get_weather", "parameters": parameters}}]
        messages = [{"role": "user", "content": text}]
        asked = self.client.chat.completions.create(model=MODEL, messages=messages, tools=tools).choices[0]
        self.assertEqual(asked.finish_reason, "tool_calls")
        call = asked.message.tool_calls[0]
        self.assertEqual(json.loads(call.function.arguments), {"city": "Hanoi"})
        messages += [asked.message, {"role": "tool", "tool_call_id": call.id, "content": "31 degrees"}]
        answer = self.client.chat.completions.create(model=MODEL, messages=messages, tools=tools)
        self.assertIn("31 degrees", answer.choices[0].message.content)

        tools = [{"type": "function", "name": "get_weather", "parameters": parameters}]
        history = [{"role": "user", "content": text}]
        asked = self.client.responses.create(model=MODEL, input=history, tools=tools)
        call = next(item for item in asked.output if item.type == "function_call")
        history += asked.output
        history.append({"type": "function_call_output", "call_id": call.call_id, "output": "31 degrees"})
        answer = self.client.responses.create(model=MODEL, input=history, tools=tools)
        self.assertIn("31 degrees", answer.output_text)

    def test_max_tokens_ends_with_length(self):
        messages = [{"role": "user", "content": "hello"}]
        cut = self.client.chat.completions.create(model=MODEL, messages=messages, max_tokens=3)
        self.assertEqual(cut.choices[0].finish_reason, "length")
        response = self.client.responses.create(model=MODEL, input="hello", max_output_tokens=3)
        self.assertEqual((response.status, response.incomplete_details.reason), ("incomplete", "max_output_tokens"))

    def test_a_wrong_key_is_an_authentication_error(self):
        with client(api_key="wrong", max_retries=0) as stranger, self.assertRaises(AuthenticationError):
            stranger.responses.create(model=MODEL, input="x")

    def test_nothing_is_stored(self):
        with self.assertRaises(APIStatusError) as refused:
            self.client.responses.retrieve("resp_1")
        self.assertEqual(refused.exception.status_code, 404)


if __name__ == "__main__":
    unittest.main()
