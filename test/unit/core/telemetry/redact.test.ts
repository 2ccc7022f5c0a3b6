import * as fc from "fast-check";
import { expect, it } from "vitest";
import { redacted } from "../../../../src/core/telemetry/redact.ts";

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkZXNrIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ";

it.each([
  [{ detail: `Bearer ${JWT}` }, { detail: "Bearer [redacted]" }],
  [{ detail: `got ${JWT} as a subprotocol` }, { detail: "got [redacted] as a subprotocol" }],
  [{ detail: "Authorization: Token s3cr3t-of-mine" }, { detail: "Authorization: [redacted]" }],
  [{ detail: "Token s3cr3t-of-mine" }, { detail: "Token [redacted]" }],
  [{ detail: "basic dXNlcjpwYXNz==" }, { detail: "basic [redacted]" }],
  [{ authorization: 'Bearer a"b' }, { authorization: "[redacted]" }],
  [
    { headers: { Cookie: "a=1; b=2", accept: "*/*" } },
    { headers: { Cookie: "[redacted]", accept: "*/*" } },
  ],
  [{ detail: "set-cookie: a=1; b=2" }, { detail: "set-cookie: [redacted]" }],
  [
    { access_token: "x", x_api_key: "y" },
    { access_token: "[redacted]", x_api_key: "[redacted]" },
  ],
  [{ jwt_secret: "0123456789" }, { jwt_secret: "[redacted]" }],
  [
    { body: JSON.stringify({ password: "hunter2", user: "me" }) },
    { body: '{"password":"[redacted]","user":"me"}' },
  ],
  [
    { detail: "postgres://edgetape:pa/s@s:w@db.internal:5432/edgetape is away" },
    { detail: "postgres://edgetape:[redacted]@db.internal:5432/edgetape is away" },
  ],
  [{ url: "https://me:word@tape.example/api" }, { url: "https://me:[redacted]@tape.example/api" }],
  [{ url: "/write?u=me&p=word&db=x" }, { url: "/write?u=me&p=[redacted]&db=x" }],
  [{ url: "/ws/A?token=abc&since=0" }, { url: "/ws/A?token=[redacted]&since=0" }],
  [{ detail: "host=db password=word user=me" }, { detail: "host=db password=[redacted] user=me" }],
  [{ detail: "PGPASSWORD=word psql" }, { detail: "PGPASSWORD=[redacted] psql" }],
  [{ detail: "signed with whsec_MfKQ9r8GKY/q+w==" }, { detail: "signed with whsec_[redacted]" }],
  [{ database_url: "postgres://a:b@c" }, { database_url: "[redacted]" }],
])("%j", (fields, wanted) => {
  expect(JSON.parse(redacted(JSON.stringify(fields)))).toEqual(wanted);
});

it.each([
  '{"event":"request","path":"/api/rooms/A@B:c/events","status":503}',
  '{"detail":"http://127.0.0.1:8787/ws/A@B is no room"}',
  '{"detail":"the token has expired"}',
  '{"detail":"this token is for BTC-USD, not for ACME"}',
  '{"detail":"basic facts"}',
  '{"help":"npm run token -- --scope write"}',
  '{"tokens":5,"secret":null,"cookie":false}',
])("leaves %s", (line) => {
  expect(redacted(line)).toBe(line);
});

it("a line that is JSON stays JSON, whatever is in it, and twice is as once", () => {
  const piece = fc.constantFrom(
    ...[
      '"',
      "\\",
      "token",
      "=",
      ":",
      "://",
      "a",
      "@",
      "postgres://",
      "Bearer ",
      "eyJabcdefgh",
      ".",
      "cookie: ",
      "\n",
      "é",
    ],
  );
  const text = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
  const value = fc.oneof(
    text,
    text.map((each) => JSON.stringify({ token: each })),
  );
  fc.assert(
    fc.property(fc.dictionary(text, value), (fields) => {
      const line = redacted(JSON.stringify(fields));
      expect(() => JSON.parse(line)).not.toThrow();
      expect(redacted(line)).toBe(line);
    }),
  );
});

it("what strangers sent costs no more for its looks", () => {
  const nasty = [
    "token",
    "eyJ",
    "eyJa.",
    "postgres://a:",
    "://:",
    "cookie",
    'token\\"',
    "Bearer 1",
  ];
  for (const each of nasty) {
    // Some 50 ms on a quiet machine. What is quadratic takes minutes, and a test may not.
    const line = each.repeat(Math.ceil(256_000 / each.length));
    expect(redacted(line).length).toBeGreaterThan(0);
  }
});
