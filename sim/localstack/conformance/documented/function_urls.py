"""Function URLs: who may call them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from botocore.credentials import Credentials

from sim.localstack.conformance.check import Deviation
from sim.localstack.conformance.documented.registry import Checks, expect, expect_error
from sim.localstack.conformance.documented.requests import Http, role_of, root_of, signed
from sim.localstack.conformance.documented.signatures import UNKNOWN, WRONG
from sim.localstack.conformance.target import Target

URLS = Checks("Lambda", "https://docs.aws.amazon.com/lambda/latest/dg/")

PAGE = "urls-auth.html"
FUNCTION = "def handler(event, context):\n    return 'called'\n"
ANOTHER_ACCOUNT = Credentials("888888888888", "test")
FORBIDDEN = "AccessDeniedException"


@contextmanager
def url(target: Target, auth_type: str, **permission: Any) -> Iterator[Http]:
    """A call of a new function URL; with a permission in the function's policy, where one is given."""
    with target.function(FUNCTION) as name:
        made = target.lambda_.create_function_url_config(FunctionName=name, AuthType=auth_type)
        if permission:
            permit(target, name, **permission)
        host = urlsplit(made["FunctionUrl"]).netloc
        yield Http("GET", "/", {"Host": host})


def permit(target: Target, function: str, principal: str = "*", **more: Any) -> None:
    settings = {"Action": "lambda:InvokeFunctionUrl", "StatementId": "check", "Principal": principal, **more}
    target.lambda_.add_permission(FunctionName=function, **settings)


def _call(target: Target, plain: Http, by: Credentials | None = None) -> str:
    return (signed(target, "lambda", plain, by=by) if by else plain).send(target)


def _declare(
    claim: str, auth_type: str, by: Callable[[Target], Credentials | None], code: str, **permission: Any
) -> None:
    @URLS.check(claim + (f": {code}" if code else ""), PAGE)
    def check(target: Target) -> None:
        with url(target, auth_type, **permission) as plain:
            if code:
                expect_error(code, partial(_call, target, plain, by(target)))
            else:
                expect("the answer", _call(target, plain, by(target)), "called")


def _nobody(_: Target) -> None:
    """Without a signature."""


NONE = {"principal": "*", "FunctionUrlAuthType": "NONE"}

_declare("A URL of the type NONE is for everyone whom the policy lets in", "NONE", _nobody, "", **NONE)
_declare("A URL of the type NONE whose function has no policy refuses everyone", "NONE", _nobody, FORBIDDEN)
_declare("A URL of the type NONE refuses the owner, too, without a policy", "NONE", root_of, FORBIDDEN)
_declare("A permission for the type AWS_IAM does not open a URL of the type NONE", "NONE", _nobody, FORBIDDEN,
         principal="*", FunctionUrlAuthType="AWS_IAM")  # fmt: skip
_declare("A permission for one account does not open a URL of the type NONE", "NONE", _nobody, FORBIDDEN,
         principal="888888888888")  # fmt: skip
_declare("A permission to invoke the function alone does not open its URL", "NONE", _nobody, FORBIDDEN,
         principal="*", Action="lambda:InvokeFunction")  # fmt: skip
_declare("A URL of the type AWS_IAM refuses a request without a signature", "AWS_IAM", _nobody, FORBIDDEN)
_declare("A permission for everyone does not replace a signature", "AWS_IAM", _nobody, FORBIDDEN,
         principal="*", FunctionUrlAuthType="AWS_IAM")  # fmt: skip
_declare("A URL of the type AWS_IAM is for the root of its account", "AWS_IAM", root_of, "")
_declare("A URL of the type AWS_IAM refuses another account", "AWS_IAM", lambda _: ANOTHER_ACCOUNT, FORBIDDEN)
_declare("A permission lets another account in", "AWS_IAM", lambda _: ANOTHER_ACCOUNT, "", principal="888888888888",
         FunctionUrlAuthType="AWS_IAM")  # fmt: skip
_declare("A signature under another secret is refused", "AWS_IAM", lambda _: WRONG, "InvalidSignatureException")
_declare("An access key that was never issued is refused", "AWS_IAM", lambda _: UNKNOWN, "UnrecognizedClientException")


def _declare_role(claim: str, action: str, code: str, **permission: Any) -> None:
    @URLS.check(claim + (f": {code}" if code else ""), PAGE)
    def check(target: Target) -> None:
        with url(target, "AWS_IAM", **permission) as plain, role_of(target, root_of(target), action) as (_, by):
            if code:
                expect_error(code, partial(_call, target, plain, by))
            else:
                expect("the answer", _call(target, plain, by), "called")


_declare_role("A role that may lambda:InvokeFunctionUrl may call a URL of its account", "lambda:InvokeFunctionUrl", "")
_declare_role("A role without lambda:InvokeFunctionUrl may not call a URL", "lambda:GetFunction", FORBIDDEN)


@URLS.check("The function's policy lets a role in that has no permission of its own", PAGE)
def role_by_policy(target: Target) -> None:
    with role_of(target, root_of(target), "lambda:GetFunction") as (arn, by):  # noqa: SIM117
        with url(target, "AWS_IAM", principal=arn) as plain:
            expect("the answer", _call(target, plain, by), "called")


@URLS.check("A URL that does not exist refuses every call: AccessDeniedException", PAGE)
def unknown_url(target: Target) -> None:
    with url(target, "NONE", **NONE) as plain:
        domain = plain.headers["Host"].partition(".")[2]
        missing = Http("GET", "/", {"Host": f"abcdefghijklmnopqrstuvwxyz012345.{domain}"})
        expect_error(FORBIDDEN, partial(missing.send, target))


@URLS.check("A change of the type counts at once", "lambda-urls.html")
def changed_type(target: Target) -> None:
    with target.function(FUNCTION) as name:
        made = target.lambda_.create_function_url_config(FunctionName=name, AuthType="NONE")
        permit(target, name, FunctionUrlAuthType="NONE")
        plain = Http("GET", "/", {"Host": urlsplit(made["FunctionUrl"]).netloc})
        expect("the answer", _call(target, plain), "called")
        target.lambda_.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
        expect_error(FORBIDDEN, partial(_call, target, plain))
        expect("the answer", _call(target, plain, root_of(target)), "called")


@URLS.check(
    "A URL of the type NONE demands lambda:InvokeFunction, too, since October 2025: AccessDeniedException",
    PAGE,
    deviation=Deviation(
        "accepted",
        "URLs that are older need the first permission only, and so do the recorded tests of other projects. The "
        "pipeline's Terraform grants both.",
    ),
)
def both_permissions(target: Target) -> None:
    with url(target, "NONE", **NONE) as plain:
        expect_error(FORBIDDEN, partial(_call, target, plain))
