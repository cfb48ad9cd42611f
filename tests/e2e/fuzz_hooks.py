"""What the fuzzing of the API adds to schemathesis: no answer shows how it was made, and no request points elsewhere."""

import re

import schemathesis

# A trace, a path of the sources, SQL, a type's Debug output.
INSIDES = re.compile(r"panicked at|stack backtrace|\.rs:\d+|sqlx|PgConnection|(?i:select .+ from )|Os \{ code")
SECRETS = re.compile(r"eyJ[\w-]{6,}\.[\w-]{6,}\.|\brt_[0-9a-f]{48}|\bgw_[A-Za-z0-9]{40}\b|gw_fuzz_for_the_tests|aes-gcm:")
URL = re.compile(r"^\s*https?://", re.IGNORECASE)
NOWHERE = "http://127.0.0.1:9/v1"


# What shows a secret on purpose, to whoever made it, once.
SHOWN_ONCE = {("POST", "/v1/keys"), ("POST", "/v1/invitations"), ("POST", "/v1/account/totp")}


@schemathesis.check
def answers_show_no_insides(ctx, response, case):
    text = response.content.decode("utf-8", "replace")
    if (case.method.upper(), case.path) in SHOWN_ONCE and response.status_code < 300:
        return
    for what, shape in (("how it was made", INSIDES), ("a secret", SECRETS)):
        found = shape.search(text)
        # What the request itself said may come back.
        if found and found.group() not in str(case.body) + str(case.path_parameters) + str(case.query):
            raise AssertionError(f"the answer shows {what}: {found.group()!r}")


@schemathesis.check
def server_errors_are_refusals(ctx, response, case):
    """No account can serve once the fuzzing has deleted them all: that is said, and it is no fault."""
    if response.status_code < 500 or (response.status_code, case.path) == (503, "/readyz"):
        return
    error = response.json().get("error") if response.content[:1] == b"{" else None
    code = error.get("code") if isinstance(error, dict) else response.json().get("code") if error else None
    if response.status_code != 503 or code in (None, "internal"):
        raise AssertionError(f"{response.status_code}: {response.text[:500]}")


def pointing_nowhere(value):
    if isinstance(value, str):
        return NOWHERE if URL.match(value) else value
    if isinstance(value, list):
        return [pointing_nowhere(item) for item in value]
    if isinstance(value, dict):
        return {key: pointing_nowhere(item) for key, item in value.items()}
    return value


@schemathesis.hook
def before_call(context, case, kwargs):
    case.body = pointing_nowhere(case.body)
    # Where an answer leads is another operation's answer.
    kwargs["allow_redirects"] = False
