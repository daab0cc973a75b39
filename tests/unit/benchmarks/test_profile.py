"""Which row of a profile a process and a stack belong to, and that the rows add up to what the kernel counted."""

import json
from pathlib import Path

import pytest

from benchmarks.profile import processes, samples
from benchmarks.profile.command import rows_of
from benchmarks.profile.phases import ENDED, PHASES, phase_of
from benchmarks.profile.processes import Accounts, Seen

FORK_SERVER = "/r/rawk_emulator/in_function/fork_server.py"
BOOTSTRAP = "/r/rawk_emulator/in_function/bootstrap.py"
RAWK = "/r/src/rawk/__main__.py"
RIC = "awslambdaric/bootstrap.py"
GATEWAY = "rawk_emulator/gateway/http_server.py:serve;rolo/gateway/chain.py:handle"


@pytest.mark.parametrize(
    ("command_line", "program"),
    [
        ("python -S -E /r/sim/platform/supervisor.py 3 15 3.0 - python -m localstack.runtime.main", "supervisors"),
        ("/e/bin/python -m localstack.runtime.main", "LocalStack"),
        (f"python {FORK_SERVER} /tmp/x boto3", "fork server"),
        ("/p/pginstall/bin/postgres -D /tmp/data -c port=1", "Postgres"),
        ("postgres: rawk one 127.0.0.1(4) idle", "Postgres's processes"),
        ("python -m sim.openai_simulator --host 127.0.0.1", "OpenAI simulator"),
        ("python -u -c import sys;exec(eval(sys.stdin.readline()))", "harness, workers"),
        ("python -m pytest -p benchmarks.profile.plugin scenarios", "harness, controller"),
        ("/p/pginstall/bin/initdb --pgdata=/tmp", "other programs"),
    ],
)
def test_a_process_is_known_by_its_command_line(command_line, program):
    assert processes.program_of(command_line) == program


@pytest.mark.parametrize(
    ("arguments", "program"),
    [
        ([BOOTSTRAP], "functions"),
        ([RAWK, "serve", "--host"], "API"),
        ([RAWK, "dlq", "redrive"], "commands"),
        ([RAWK, "migrate"], "commands"),
        ([FORK_SERVER, "/tmp/x"], "fork server"),
        (["-c"], "harness, workers"),
        (["/else/where.py"], ""),
        ([], ""),
    ],
)
def test_a_sampled_process_is_known_by_its_arguments(arguments, program):
    assert samples.program_of(arguments) == program


OF_A_FUNCTION = {
    f"{FORK_SERVER}:main;{FORK_SERVER}:_run_child": "start: fork",
    f"{FORK_SERVER}:_run_child;{BOOTSTRAP}:_restrict_storage;storage.py:enter": "sandbox and virtual time",
    f"{RIC}:run;<frozen importlib._bootstrap>:_find_and_load;rawk/aws_lambda.py:<module>": "start: imports",
    f"{RIC}:run;rawk/composition.py:_client;boto3/session.py:client": "start: clients: AWS calls",
    f"{RIC}:run;rawk/composition.py:build_worker": "start: clients: own",
    f"{RIC}:handle_event_request;rawk/worker/batch.py:run;openai/_client.py:post": "handler: OpenAI calls",
    f"{RIC}:handle_event_request;<frozen importlib._bootstrap>:_find;psycopg/x.py:<module>": "handler: SQL",
    f"{RIC}:handle_event_request;rawk/worker/batch.py:run": "handler: own",
    f"{RIC}:run;awslambdaric/lambda_runtime_client.py:wait_next_invocation": "requests to the runtime API",
    "": ENDED,
}
OF_LOCALSTACK = {
    f"{GATEWAY};aws:sqs.SendMessage;localstack/x.py:send": "call sqs.SendMessage",
    f"{GATEWAY};aws:iam.CreateRole;<frozen importlib._bootstrap>:_find": "calls: a service's first use",
    f"{GATEWAY};aws:not known yet;localstack/x.py:parse": "HTTP server",
}
OF_OTHERS = {
    "threading.py:_bootstrap;rawk/x.py:run;sqlalchemy/engine.py:execute": ("API", "requests: SQL"),
    "<string>:<module>;sim/provisioning/from_rendering.py:provision": ("harness, workers", "provisioning"),
    "rawk.sampler": ("harness, workers", "the profile itself"),
    "x.py:y": ("nothing known", "the rest"),
}


@pytest.mark.parametrize(
    ("program", "stack", "phase"),
    [
        *(("functions", stack, phase) for stack, phase in OF_A_FUNCTION.items()),
        *(("LocalStack", stack, phase) for stack, phase in OF_LOCALSTACK.items()),
        *((program, stack, phase) for stack, (program, phase) in OF_OTHERS.items()),
    ],
)
def test_a_stack_belongs_to_a_phase(program, stack, phase):
    assert phase_of(program, stack) == phase


def test_every_program_with_phases_is_one_that_is_sampled():
    known = {samples.FUNCTION, samples.API, samples.COMMAND, samples.UNNAMED}
    known |= {program for program, _ in samples.PROGRAMS}

    assert set(PHASES) <= known


def test_a_process_is_what_it_became(tmp_path):
    taken = _samples(
        tmp_path,
        [7, [FORK_SERVER], 0.001, []],
        [7, [FORK_SERVER], 0.002, [[0.002, f"{FORK_SERVER}:_run_child"]]],
        [7, [BOOTSTRAP], 0.004, [[0.003, f"{RIC}:handle_event_request"]]],
        [8, [FORK_SERVER], 0.001, []],
        [9, [FORK_SERVER], 0.5, [[0.5, f"{FORK_SERVER}:serve"]]],
    )

    assert taken.starts == {"functions": 1, samples.UNNAMED: 1, "fork server": 1}
    assert taken.phases["functions"] == pytest.approx({ENDED: 0.002, "start: fork": 0.002, "handler: own": 0.003})
    assert taken.seconds["functions"] == pytest.approx(0.007)


def test_folded_stacks_are_what_viewers_of_flame_graphs_read(tmp_path):
    taken = _samples(tmp_path, [7, [BOOTSTRAP], 0.004, [[0.003, "a:b;c:d"]]])

    assert taken.folded() == f"functions;a:b;c:d 3000\nfunctions;{ENDED} 1000\n"


def test_the_rows_add_up_to_what_the_kernel_counted(tmp_path):
    taken = _samples(tmp_path, [7, [FORK_SERVER], 0.001, []], [7, [BOOTSTRAP], 0.6, [[0.6, f"{RIC}:run"]]])
    accounts = Accounts(wall_seconds=3, total_seconds=5)
    for pid, program, own, children in (
        (1, processes.FORK_SERVER, 0.5, 0.8),
        (2, processes.LOCALSTACK, 1.0, 0.0),
        (3, processes.POSTGRES, 0.25, 1.25),
        (4, processes.POSTGRES_PROCESS, 9.0, 0.0),  # counted by its parent when it ends
        (5, processes.FORKED, 9.0, 0.0),
    ):
        accounts.seen[pid, "0"] = Seen(program, 0, own, children)

    rows = list(rows_of(accounts, taken))
    programs = {row.program: row.seconds for row in rows if not row.phase}

    assert programs["functions"] == pytest.approx(0.8), "with the end of the process, which has no sample"
    assert programs["Postgres"] == pytest.approx(1.5)
    assert programs["not explained"] == pytest.approx(5 - 0.8 - 0.5 - 1.0 - 1.5)
    assert sum(programs.values()) == pytest.approx(5)
    assert sum(row.seconds for row in rows if row.program == "functions" and row.phase) == pytest.approx(0.8)


def _samples(folder: Path, *lines: list[object]) -> samples.Samples:
    log = folder / "samples.jsonl"
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return samples.read(log)
