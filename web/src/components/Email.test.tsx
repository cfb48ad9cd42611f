import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Emails } from "./Email";

test.each([
  ["Connected: ada@example.com, named a@b.", ["ada@example.com"]],
  ['["ada@example.com","o\'neil+x@mail.example.co.uk"]', ["ada@example.com", "o'neil+x@mail.example.co.uk"]],
  ["接続しました：müller@example.com（名前：x）。", ["müller@example.com"]],
  ["user:ada@example.com.", ["ada@example.com"]],
  ["@gateway, 3 @ 4", []],
])("of %j what is an address can be blurred, and every word stays", (text, addresses) => {
  const { container } = render(<Emails text={text} />);
  expect(container).toHaveTextContent(text);
  const found = [...container.querySelectorAll(".email")];
  expect(found.map(({ textContent }) => textContent)).toEqual(addresses);
});
