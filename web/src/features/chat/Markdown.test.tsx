import { render, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import Markdown from "./Markdown";

test("Markdown becomes elements", () => {
  render(<Markdown text={"**bold** and `code`\n\n| a |\n|---|\n| 1 |"} />);
  expect(screen.getByText("bold").tagName).toBe("STRONG");
  expect(screen.getByRole("table")).toBeVisible();
});

test("nothing that runs or loads comes out of it", () => {
  const { container } = render(
    <Markdown
      text={
        '<script>alert(1)</script><img src=x onerror=alert(1)>\n\n[a](javascript:alert(1)) ![pixel](https://evil.example/p.png)\n\n<a href="javascript:x">b</a>'
      }
    />,
  );
  expect(container.querySelector("script, img, iframe")).toBeNull();
  expect(container.innerHTML).not.toMatch(/javascript:|onerror=/);
});

test("links open elsewhere and say nothing about this page", () => {
  render(<Markdown text="[site](https://example.com)" />);
  const link = screen.getByRole("link", { name: "site" });
  expect(link).toHaveAttribute("target", "_blank");
  expect(link).toHaveAttribute("rel", "noreferrer noopener");
});

test("code is coloured by its language, and copied as it is", async () => {
  const { container } = render(<Markdown text={"```rust\nfn main() {}\n```"} />);
  expect(screen.getByText("rust")).toBeVisible();
  await waitFor(() => expect(container.querySelector(".hljs-keyword")).toHaveTextContent("fn"));
  expect(container.querySelector("pre")).toHaveTextContent("fn main() {}");
});

test("code without a language, or with one that nobody knows, stays plain", async () => {
  const { container } = render(<Markdown text={"```\na < b\n```\n\n```klingon\nc > d\n```"} />);
  await waitFor(() => expect(container.querySelectorAll("pre")[1]).toHaveTextContent("c > d"));
  expect(container.querySelector("pre")).toHaveTextContent("a < b");
  expect(container.querySelector("[class^=hljs]")).toBeNull();
});
