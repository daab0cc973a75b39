"""Another revision beside this one: what was committed, in a folder of its own."""

import subprocess

from benchmarks import catalogue
from sim.platform.paths import ENVIRONMENTS, REPOSITORY


def test_a_revision_is_what_was_committed_with_this_ones_environments(monkeypatch, tmp_path):
    monkeypatch.setattr(catalogue, "REPOSITORY", tmp_path)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    for content in ("old", "new"):
        (tmp_path / "file").write_text(content, encoding="utf-8")
        subprocess.run([*git, "add", "file"], cwd=tmp_path, check=True)
        subprocess.run([*git, "commit", "-q", "-m", content], cwd=tmp_path, check=True)

    with catalogue.checkout("HEAD~1") as tree:
        assert (tree / "file").read_text(encoding="utf-8") == "old"
        assert (tree / ".sim" / ENVIRONMENTS.name).resolve() == ENVIRONMENTS.resolve()
    assert not tree.exists()
    assert REPOSITORY.exists()
