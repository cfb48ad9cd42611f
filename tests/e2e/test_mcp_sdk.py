"""MCP's official Python SDK against the gateway's own /mcp: in the protocol of today, and in the one before."""

import os
import unittest
from contextlib import asynccontextmanager

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client

URL = os.environ.get("GATEWAY_URL", "") + "/mcp"


@asynccontextmanager
async def connected(mode, token=None):
    headers = {"authorization": f"Bearer {token or os.environ['GATEWAY_TOKEN']}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        async with Client(streamable_http_client(URL, http_client=http), mode=mode) as client:
            yield client


def leaves(error):
    """The errors in a group of groups."""
    inner = getattr(error, "exceptions", None)
    return [error] if inner is None else [leaf for each in inner for leaf in leaves(each)]


class McpSdk(unittest.IsolatedAsyncioTestCase):
    async def test_the_tools_are_listed_and_called_in_both_protocols(self):
        for mode, version in (("auto", "2026-07-28"), ("legacy", "2025-11-25")):
            with self.subTest(mode):
                async with connected(mode) as client:
                    self.assertEqual(client.protocol_version, version)
                    listed = await client.list_tools()
                    names = [tool.name for tool in listed.tools]
                    self.assertEqual(names, ["pool_status", "quota", "list_agents", "ask_agent"])
                    status = await client.call_tool("pool_status", {})
                    self.assertFalse(status.is_error)
                    accounts = [account["name"] for account in status.structured_content["accounts"]]
                    self.assertIn("openai-codex", accounts)
                    asked = await client.call_tool("ask_agent", {"agent": "nobody", "message": "hello"})
                    self.assertTrue(asked.is_error)
                    self.assertIn("nobody", asked.content[0].text)

    async def test_wrong_arguments_are_refused_with_the_reason(self):
        async with connected("auto") as client:
            with self.assertRaises(MCPError) as refused:
                await client.call_tool("quota", {"x": 1})
            self.assertIn("unknown field", str(refused.exception))

    async def test_a_wrong_key_gets_nobody_in(self):
        with self.assertRaises(Exception) as refused:
            async with connected("legacy", token="wrong") as client:
                await client.list_tools()
        self.assertTrue(any(isinstance(error, MCPError) for error in leaves(refused.exception)))


if __name__ == "__main__":
    unittest.main()
