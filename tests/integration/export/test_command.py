"""`python -m sim export fis`: files, what it says, and its exit code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sim.__main__ import main
from sim.export.command import EXIT_BAD_INPUT, EXIT_NOTHING
from sim.provision.rendering import Rendering, resolve

ROOT = Path(__file__).parents[3]
DOWN = "database_trouble/test_database_down.py"


def export(*arguments: str) -> int:
    return main(["export", "fis", "--stories", str(ROOT / "scenarios"), *arguments])


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """What `terraform output -json` prints for a pipeline with its API on EC2."""
    known = {"name": "game-day", "account": "123456789012", "region": "eu-central-1"}
    values: dict[str, Any] = json.loads(json.dumps(Rendering.load("core").outputs))
    text = resolve({key: each for key, each in values.items() if "${aws_" not in json.dumps(each)}, known)
    whole = {key: text.get(key, "unused") for key in values}
    whole |= {"topology": "ec2", "api": {"kind": "ec2", "instance_id": "i-0abc"}, "audio_bucket": "game-day-audio"}
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps({key: {"value": value} for key, value in whole.items()}), encoding="utf-8")
    return path


def test_a_template_and_a_page_are_written(tmp_path, capsys):
    assert export(DOWN, "--out", str(tmp_path / "out")) == 0

    assert {path.name for path in (tmp_path / "out").iterdir()} == {"template.json", "README.md"}
    template = json.loads((tmp_path / "out" / "template.json").read_text(encoding="utf-8"))
    assert template["description"].startswith("nobody is told yes who could be lost")
    assert "ACCOUNT_ID" in template["roleArn"]
    page = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "sed -i 's/ACCOUNT_ID/" in page
    said = capsys.readouterr().out
    assert "✔ line 14: the database is down" in said
    assert "differs: packets vanish" in said


def test_rules_are_written_with_what_is_ours_in_them(tmp_path, capsys):
    assert export("queue_trouble/test_throttled.py", "--out", str(tmp_path)) == 0

    (rule,) = json.loads((tmp_path / "chaos.json").read_text(encoding="utf-8"))
    assert rule["operations"] == ["SendMessage", "SendMessageBatch"]
    plain = json.loads((tmp_path / "chaos.localstack.json").read_text(encoding="utf-8"))
    assert [each["operation"] for each in plain] == ["SendMessage", "SendMessageBatch"]
    assert "our additions are `id`, `operations`, `resource`, `seed`, `window`" in (tmp_path / "README.md").read_text()
    assert "not expressible: FIS changes no answer of SQS's" in capsys.readouterr().out


def test_what_an_earlier_export_left_goes(tmp_path):
    export(DOWN, "--out", str(tmp_path))
    (tmp_path / "mine.txt").write_text("mine")

    export("queue_trouble/test_throttled.py", "--out", str(tmp_path))

    assert {path.name for path in tmp_path.iterdir()} == {
        *("chaos.json", "chaos.localstack.json", "README.md", "mine.txt")
    }


def test_each_variant_has_a_folder_and_one_can_be_asked_for(tmp_path):
    story = "storage_trouble/test_s3_out_of_reach.py"

    assert export(story, "--out", str(tmp_path / "all")) == 0
    assert export(f"{story}[resets]", "--out", str(tmp_path / "one")) == 0

    assert {path.name for path in (tmp_path / "all").iterdir()} == {"down", "resets"}
    assert (tmp_path / "one" / "template.json").read_text() == (tmp_path / "all/resets/template.json").read_text()


def test_terraforms_outputs_fill_in_what_they_know(tmp_path, outputs):
    assert export(DOWN, "--outputs", str(outputs), "--out", str(tmp_path / "out")) == 0

    template = json.loads((tmp_path / "out" / "template.json").read_text(encoding="utf-8"))
    assert template["roleArn"] == "arn:aws:iam::123456789012:role/game-day-fis"
    assert template["stopConditions"][0]["value"] == (
        "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:game-day-jobs-dead-letters"
    )
    (target,) = template["targets"].values()
    assert target["resourceTags"] == {"Project": "rawk", "Pipeline": "game-day"}
    assert "ACCOUNT_ID" not in json.dumps(template)


def test_nothing_to_express_is_an_exit_code_of_its_own(tmp_path, capsys):
    assert export("openai_trouble/test_quota.py", "--out", str(tmp_path / "out")) == EXIT_NOTHING
    assert export("everyday/test_one_recording.py", "--out", str(tmp_path / "out")) == EXIT_NOTHING

    assert not (tmp_path / "out").exists()
    said = capsys.readouterr()
    assert "FIS does not see what OpenAI answers" in said.out
    assert "switches no fault on" in said.err


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["test_timedout"], "there is no story 'test_timedout'; is it"),
        ([f"{DOWN}[red]"], "has no variant 'red'; it has none"),
        (["storage_trouble/test_s3_out_of_reach.py[x]"], "has no variant 'x'; it has down, resets"),
        ([DOWN, "--outputs", "nowhere.json"], "nowhere.json"),
        (
            [DOWN, *["--stop-alarm", "arn:aws:cloudwatch:eu-west-1:1:alarm:a"] * 6],
            "has 6 stopConditions",
        ),
    ],
)
def test_bad_input_is_a_sentence(arguments, complaint, capsys):
    assert export(*arguments) == EXIT_BAD_INPUT

    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("{", "is not what `terraform output -json` prints"), ("[]", "is not what"), ('{"a": {"value": 1}}', "missing [")],
)
def test_outputs_that_are_none_are_a_sentence(tmp_path, content, complaint, capsys):
    (tmp_path / "outputs.json").write_text(content)

    assert export(DOWN, "--outputs", str(tmp_path / "outputs.json")) == EXIT_BAD_INPUT
    assert complaint in capsys.readouterr().err


def test_what_the_outputs_say_is_not_said_again(outputs, capsys):
    assert export(DOWN, "--outputs", str(outputs), "--topology", "ecs") == EXIT_BAD_INPUT

    assert "--topology and --outputs: the outputs say it already" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["--account", "12"], ["--region", "Frankfurt"], ["--role-arn", "chaos"], ["--name", "No Good"]]
)
def test_an_option_that_can_not_be_meant_is_refused(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        export(DOWN, *arguments)

    assert ended.value.code == EXIT_BAD_INPUT
    assert "is no " in capsys.readouterr().err


def test_help_teaches():
    command = [sys.executable, "-m", "sim", "export", "fis", "--help"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=True).stdout

    assert "create-experiment-template --cli-input-json" in printed
    assert "3 nothing of it can be expressed" in printed
