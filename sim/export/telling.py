"""What was made of a story's faults, for people: the lines on the terminal, and the README beside the files."""

import json
from collections.abc import Iterator

from sim.durations import spoken
from sim.export.actions import ACTIONS, LAMBDA_EXTENSION
from sim.export.chaos_rules import ours_in, published, why_no_rule
from sim.export.experiment import Experiment, Exported
from sim.export.template import iso, minutes_of

TEMPLATE, CHAOS, CHAOS_PUBLISHED, README = "template.json", "chaos.json", "chaos.localstack.json", "README.md"


def lines(experiment: Experiment) -> Iterator[str]:
    """For the terminal: a fault, and what becomes of it."""
    yield f"{experiment.story.name} ({experiment.place.topology}): {experiment.story.claim}"
    for each in experiment.faults:
        yield f"  {'✔' if each.decision.is_expressed else '–'} line {each.switched.line}: {each.switched.describe}"
        yield from (f"      {line}" for line in _by_fis(each))
        yield from (f"      {line}" for line in _by_chaos(each))


def _by_fis(each: Exported) -> Iterator[str]:
    decision = each.decision
    if decision.is_expressed:
        yield f"FIS: {_actions(each)}"
        if decision.differs:
            yield f"     differs: {decision.differs}"
    else:
        yield f"FIS: not expressible: {decision.why_not}"
        if decision.instead:
            yield f"     instead: {decision.instead}"


def _by_chaos(each: Exported) -> Iterator[str]:
    if each.rule is None:
        yield f"Chaos API: no rule: {why_no_rule(each.switched)}"
        return
    ours = ", ".join(ours_in(each.rule))
    kept = "the rest is LocalStack's" if published(each.rule) else "LocalStack's own keys can not say it"
    yield f"Chaos API: rule {each.rule['id']} (our additions: {ours}; {kept})"


def _actions(each: Exported) -> str:
    return ", ".join(
        f"{part.action} on {part.target.name}"
        + (f" for {iso(minutes_of(each.switched, part))}" if "duration" in ACTIONS[part.action].parameters else "")
        for part in each.decision.parts
    )


def readme(experiment: Experiment) -> str:
    """What stands beside the files."""
    parts = [
        f"# {experiment.story.name}\n\n{experiment.story.claim}\n\nMade from `{experiment.story.path}` by "
        f"`python -m sim export fis`, for the pipeline `{experiment.place.name}` in the topology "
        f"`{experiment.place.topology}`. Times are the longest that the story waits.\n",
        _table(experiment),
    ]
    if experiment.template is not None:
        parts += [_before(experiment), _role(experiment)]
    if experiment.rules:
        parts.append(_rules(experiment))
    return "\n".join(parts)


def _table(experiment: Experiment) -> str:
    head = "| line | fault | from | for | FIS | how it differs, or why not |\n|---|---|---|---|---|---|\n"
    return head + "".join(_row(each) for each in experiment.faults)


def _row(each: Exported) -> str:
    switched, decision = each.switched, each.decision
    why = decision.differs if decision.is_expressed else decision.why_not
    if decision.instead:
        why += f" (instead: {decision.instead})"
    cells = [
        str(switched.line),
        switched.describe,
        spoken(switched.starts) if switched.starts else "the start",
        spoken(switched.lasts) if switched.lasts else "–",
        _actions(each) if decision.is_expressed else "not expressible",
        why or "as in the story",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _before(experiment: Experiment) -> str:
    steps = [f"Read `{TEMPLATE}`: it breaks what is deployed, for everybody who uses it."]
    if not experiment.place.is_whole:
        steps.append(f"Put account and region in: `sed -i 's/ACCOUNT_ID/…/g; s/REGION/…/g' {TEMPLATE}`.")
    steps.append(f"`aws fis create-experiment-template --cli-input-json file://{TEMPLATE}`")
    steps.append("`aws fis start-experiment --experiment-template-id …`, and record something meanwhile.")
    if experiment.template and experiment.template["stopConditions"] == [{"source": "none"}]:
        steps.append("Be there: no alarm stops it by itself, unless `--stop-alarm ARN` names one.")
    numbered = "".join(f"{number}. {step}\n" for number, step in enumerate(steps, 1))
    return f"## On AWS\n\n{numbered}{_EXTENSION if experiment.needs_extension else ''}"


_EXTENSION = f"""
The functions need [FIS's extension]({LAMBDA_EXTENSION}): its layer (or, in an image, its files under `/opt`),
a bucket for its configuration that the function's role may list and read, and these variables:

- `AWS_FIS_CONFIGURATION_LOCATION=arn:aws:s3:::BUCKET/FisConfigs/`
- `AWS_LAMBDA_EXEC_WRAPPER=/opt/aws-fis/bootstrap` (in an API from a zip the Lambda Web Adapter is there: use its image)
- `AWS_FIS_POLL_MAX_WAIT_MILLISECONDS=2000`

The experiment's role writes to that bucket. Faults begin up to a minute late and end up to 20 seconds late. Of two
alike actions on one function only the earlier acts.
"""


def _role(experiment: Experiment) -> str:
    assert experiment.template is not None
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "fis.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    sources = "".join(f"- [{action}]({ACTIONS[action].source})\n" for action in experiment.actions)
    allowed = ", ".join(f"`{each}`" for each in experiment.permissions)
    return (
        f"## The experiment's role\n\n`{experiment.template['roleArn']}`, which nothing of ours makes. It trusts FIS:\n"
        f"\n```json\n{json.dumps(trust)}\n```\n\nand may: {allowed}.\n\nWhat the actions do:\n\n{sources}"
    )


def _rules(experiment: Experiment) -> str:
    told = "".join(
        f"- `{rule['id']}`: our additions are {', '.join(f'`{key}`' for key in ours_in(rule))}\n"
        for rule in experiment.rules
    )
    reduced = (
        f"`{CHAOS_PUBLISHED}` has LocalStack's own keys only: it hits every resource and every caller, as long"
        " as it is there."
        if experiment.published_rules
        else "In LocalStack's own keys none of it can be said."
    )
    post = (
        f"curl -X POST http://127.0.0.1:4566/_localstack/chaos/faults -H 'Content-Type: application/json' -d @{CHAOS}"
    )
    ends = "`-d '[]'` ends it. Windows count from the moment it is posted."
    return f"## In the emulator\n\n`{post}`; {ends}\n\n{told}\n{reduced}\n"
