"""Enforcement of IAM: every call by a role or a user is evaluated under the policies that are attached to it.

Stock LocalStack 4.14 stores policies and never evaluates them. actions.py has the permissions that a call needs,
policy.py evaluates policies, callers.py finds the caller.

Resource policies of buckets, queues, functions and roles count. LocalStack's calls to itself pass, except two that AWS
evaluates as well: EventBridge invokes a function, and Lambda assumes a function's role.
"""
# mypy: disable-error-code="import-not-found"
# LocalStack lives in an environment of its own

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from localstack.aws import handlers
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import CommonServiceException

from ..introspection.event_log import Events
from ..introspection.observer import EVENTS_VARIABLE
from ..s3 import deletions
from ..s3.buckets import bucket_of
from ..signatures.refusals import service_error
from ..time import clock
from . import foreign_calls, simulation
from .actions import Call, Need, needs_of
from .callers import Caller, Callers, Rights, trust_of
from .denials import refusal
from .patterns import Context
from .policy import Decision, Policy, Principal, Request, decide, decide_by_resource, policy_of
from .s3_actions import listing_need
from .usage import UsageRecords

INJECTED_KEY = "injectedaccesskey"
"""LocalStack signs a request that has no signature in its header with this key."""

ASSUME_ROLE = "sts:AssumeRole"
_READING = ("Get", "List", "Simulate", "Generate")
_MEMORY_IN_ARN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

usage_records = UsageRecords()
_callers = Callers(usage_records)
_events: Events | None = None
_enforced = False


def install() -> None:
    """Evaluate every call from now on. To be called after the faults: a call that a fault ends is not evaluated."""
    global _enforced, _events
    _enforced = True
    if path := os.environ.get(EVENTS_VARIABLE):
        _events = Events(path)
    deletions.install()
    simulation.install()
    foreign_calls.install(judge_foreign)
    handlers.serve_custom_service_request_handlers.append(enforce)
    handlers.run_custom_response_handlers.append(hide_missing_objects)
    handlers.run_custom_finalizers.append(invalidate_callers)


def describe(prefix: str) -> dict[str, Any]:
    """What the roles and users with this prefix were allowed, used and were refused."""
    return {"enforced": _enforced, "principals": usage_records.of(prefix)}


# ---- calls through LocalStack's gateway ----


def enforce(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """Before a call takes effect. Raises CommonServiceException, in the service's own format, where it is refused."""
    if context.service is None or context.operation is None:
        return
    if context.is_internal_call:
        _enforce_service_call(context)
        return
    caller = caller_of(context)
    if caller is None:
        return
    call, about = call_of(context), about_request(context)

    def require_all(judged: Call) -> None:
        _require(caller, judged, needs_of(judged), about)

    if call.service == "s3" and call.operation == "DeleteObjects":
        deletions.judge_each(context, call, require_all)
    else:
        require_all(call)


def hide_missing_objects(chain: Any, context: Any, response: Any) -> None:
    """A caller that may not list a bucket does not learn that an object is missing (S3 API Reference, GetObject)."""
    error = context.service_exception
    if getattr(error, "code", "") != "NoSuchKey" or context.service.service_name != "s3" or context.is_internal_call:
        return
    caller = caller_of(context)
    if caller is None:
        return
    call = call_of(context)
    try:
        _require(caller, call, (listing_need(call),), about_request(context))
    except CommonServiceException as forbidden:
        context.service_exception = forbidden
        handlers.handle_service_exception(chain, forbidden, context, response)


def invalidate_callers(chain: Any, context: Any, response: Any) -> None:  # noqa: ARG001
    """A call that changed IAM may have changed any caller's rights, also when its answer was lost."""
    if context.service is None or context.operation is None:
        return
    if context.service.service_name == "iam" and not context.operation.name.startswith(_READING):
        _callers.clear()


def _enforce_service_call(context: Any) -> None:
    """LocalStack's calls to itself in the name of one of AWS's services."""
    service = context.internal_request_params.get("service_principal")
    operation = context.operation.name
    if service == "events" and operation == "Invoke":
        caller = caller_of(context)
        if caller is None:
            _require_permission(call_of(context), str(context.internal_request_params.get("source_arn") or ""))
        else:  # the rule's target has a role
            call = call_of(context)
            _require(caller, call, needs_of(call), about_request(context))
    elif service == "lambda" and operation == "AssumeRole":
        _require_trust(context)


def _require_permission(call: Call, source_arn: str) -> None:
    """EventBridge invokes a function that permits it (`lambda:AddPermission`)."""
    (need,) = needs_of(call)
    known: Context = {"aws:sourcearn": (source_arn,), "aws:sourceaccount": (call.account,)}
    request = Request(need.action, need.resource, known, Principal(service="events.amazonaws.com"))
    rule_name = source_arn.rpartition("/")[2]
    conclude(f"{rule_name} (events.amazonaws.com)", source_arn, call, need, decide_by_resource(request, attached(need)))


def _require_trust(context: Any) -> None:
    """Lambda assumes a role that trusts it. A role that IAM does not know passes, as in stock LocalStack."""
    call = call_of(context)
    (need,) = needs_of(call)
    if trust_of(call.account, need.resource) is None:
        return
    request = Request(need.action, need.resource, {}, Principal(service="lambda.amazonaws.com"))
    decision = decide_by_resource(request, attached(need))
    conclude(need.resource.rpartition("/")[2], "lambda.amazonaws.com", call, need, decision)


# ---- calls that do not pass the gateway ----


def require(role_arn: str, session: str, service: str, operation: str, region: str, **parameters: object) -> None:
    """Evaluate a call that one of AWS's services makes under a function's role. Raises CommonServiceException."""
    if not _enforced:
        return
    caller = _callers.by_role(role_arn, session)
    if caller is not None:
        call = Call(service, operation, parameters, caller.account, region)
        _require(caller, call, needs_of(call), {})


def require_of_rule(rule_arn: str, function_arn: str, account: str, region: str) -> None:
    """Evaluate whether a rule may invoke a function that is its target. Raises CommonServiceException."""
    if _enforced:
        _require_permission(Call("lambda", "Invoke", {"FunctionName": function_arn}, account, region), rule_arn)


def is_allowed(role_arn: str, session: str, service: str, operation: str, region: str, **parameters: object) -> bool:
    """As `require`, but returns whether the call is allowed."""
    try:
        require(role_arn, session, service, operation, region, **parameters)
    except CommonServiceException:
        return False
    return True


def judge_foreign(access_key: str, account: str, call: Call, needs: Iterable[Need], about: Context) -> None:
    """Evaluate a call that another server serves. Raises CommonServiceException."""
    caller = _callers.by_key(access_key, account)
    if caller is not None:
        _require(caller, call, needs, about)


# ---- evaluation ----


def _require(caller: Caller, call: Call, needs: Iterable[Need], about_request: Context) -> None:
    rights = _callers.rights_of(caller)
    known = {**rights.context, **about_request}
    for need in needs:
        request = Request(need.action, need.resource, {**known, **need.context}, rights.principal)
        of_resource = attached(need)
        decision = decide(request, rights.identity, of_resource, rights.limits)
        if need.action == ASSUME_ROLE and decision.allowed:
            trusted = decide_by_resource(request, of_resource)
            decision = decision if trusted.allowed else trusted
        conclude(caller.name, caller.arn, call, need, decision)


def conclude(name: str, arn: str, call: Call, need: Need, decision: Decision) -> None:
    """Count the decision. Raises the service's error when it is a refusal."""
    if decision.allowed:
        usage_records.use(name, decision.grants)
        return
    usage_records.refuse(name, need)
    if _events is not None:
        memory = _MEMORY_IN_ARN.search(need.resource)
        _events.write(
            "iam_denied",
            principal=name,
            service=call.service,
            operation=call.operation,
            action=need.action,
            resource_arn=need.resource,
            reason=decision.why,
            memory_id=memory[0] if memory else None,
        )
    answer = refusal(call.service, arn, need, decision)
    raise service_error(answer.code, answer.message, answer.status_code)


def caller_of(context: Any) -> Caller | None:
    key = access_key_of(context)
    return _callers.by_key(key, get_account_id_from_access_key_id(key)) if len(key) == 20 else None


def caller_by_key(access_key: str, account: str) -> Caller | None:
    """The role or user that the access key was issued for; None for root."""
    return _callers.by_key(access_key, account)


def rights_of(caller: Caller) -> Rights:
    """The policies of a caller, and its names in resource policies."""
    return _callers.rights_of(caller)


def access_key_of(context: Any) -> str:
    """Of the signature that was verified: in the header, in the link, or in S3's form; empty when there is none."""
    request, is_s3 = context.request, context.service.service_name == "s3"
    authorization = request.headers.get("Authorization") or ""
    if is_s3 and authorization.startswith("AWS "):  # version 2
        return authorization.removeprefix("AWS ").rpartition(":")[0]
    key = authorization.partition("Credential=")[2].partition("/")[0]
    if key != INJECTED_KEY:
        return key
    # A link that is signed in both ways is verified by version 2.
    in_link = (is_s3 and request.args.get("AWSAccessKeyId")) or request.args.get("X-Amz-Credential")
    if not in_link and context.operation.name == "PostObject":
        in_link = _credential_of_form(request.form)
    return str(in_link or "").partition("/")[0]


def _credential_of_form(form: Mapping[str, str]) -> str:
    """Empty without a policy, which is what a form's signature signs. The names of its fields are in any case."""
    fields = {name.lower(): value for name, value in form.items()}
    return (fields.get("x-amz-credential") or fields.get("awsaccesskeyid") or "") if fields.get("policy") else ""


def call_of(context: Any) -> Call:
    parameters = context.service_request or {}
    if context.operation.name == "PostObject":
        form = context.request.form
        parameters = {**parameters, "Key": form.get("key"), "ACL": form.get("acl")}
    return Call(
        context.service.service_name,
        context.operation.name,
        parameters,
        context.account_id,
        context.region,
        secret_arn=lambda name: _secret_arn(context, name),
        queues_before=_queues_before,
        function_of_mapping=lambda uuid: _function_of_mapping(context, uuid),
    )


def about_request(context: Any) -> Context:
    """Condition keys that every call has. A call in plain HTTP to an emulator is a call in TLS to AWS."""
    request, now = context.request, clock.now_seconds()
    referer = request.headers.get("Referer")
    return {
        **({"aws:referer": (referer,)} if referer else {}),
        "aws:securetransport": ("true",),
        "aws:viaawsservice": ("false",),
        "aws:requestedregion": (context.region,),
        "aws:resourceaccount": (context.account_id,),
        "aws:sourceip": (request.remote_addr or "127.0.0.1",),
        "aws:useragent": (request.headers.get("User-Agent", ""),),
        "aws:currenttime": (datetime.fromtimestamp(now, UTC).isoformat(),),
        "aws:epochtime": (str(int(now)),),
    }


# ---- policies that are attached to resources ----


def attached(need: Need) -> tuple[Policy, ...]:
    """The policies of the resource that the permission is about."""
    return tuple(compiled(text) for text in _documents_of(need))


@lru_cache(maxsize=1024)
def compiled(text: str) -> Policy:
    return policy_of(text)


def _documents_of(need: Need) -> Iterator[str]:
    parts = need.resource.split(":", 5)
    if len(parts) != 6:
        return
    _, _, service, region, account, rest = parts
    document: Any = None
    if service == "s3":
        document = _bucket_policy(rest.partition("/")[0])
    elif service == "sqs":
        document = _queue_policy(account, region, rest)
    elif service == "lambda" and rest.startswith("function:"):
        document = _function_policy(account, region, rest.removeprefix("function:"))
    elif need.action == ASSUME_ROLE:
        document = trust_of(account, need.resource)
    if document:
        yield str(document)


def _bucket_policy(name: str) -> Any:
    bucket = bucket_of(name)
    return bucket.policy if bucket is not None else None


def _queue_policy(account: str, region: str, name: str) -> Any:
    from localstack.services.sqs.models import sqs_stores

    queue = sqs_stores[account][region].queues.get(name)
    return queue.attributes.get("Policy") if queue is not None else None


def _function_policy(account: str, region: str, name_and_version: str) -> Any:
    from localstack.services.lambda_.invocation.models import lambda_stores

    name, _, version = name_and_version.partition(":")
    function = lambda_stores[account][region].functions.get(name)
    permissions = function.permissions.get(version or "$LATEST") if function is not None else None
    if permissions is None:
        return None
    return json.dumps({"Version": permissions.policy.Version, "Statement": permissions.policy.Statement})


def _secret_arn(context: Any, name: str) -> str | None:
    from moto.secretsmanager.models import secretsmanager_backends

    secret = secretsmanager_backends[context.account_id][context.region].secrets.get(name)
    return str(secret.arn) if secret is not None else None


def _function_of_mapping(context: Any, uuid: str) -> str | None:
    from localstack.services.lambda_.invocation.models import lambda_stores

    mapping = lambda_stores[context.account_id][context.region].event_source_mappings.get(uuid)
    return str(mapping["FunctionArn"]) if mapping is not None else None


def _queues_before(dead_letter_queue_arn: str) -> Iterator[str]:
    from localstack.services.sqs.models import sqs_stores

    parts = dead_letter_queue_arn.split(":")
    if len(parts) != 6:
        return
    for queue in list(sqs_stores[parts[4]][parts[3]].queues.values()):
        if (queue.redrive_policy or {}).get("deadLetterTargetArn") == dead_letter_queue_arn:
            yield queue.arn
