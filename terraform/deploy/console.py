"""Messages to the operator, and the failure that ends a command."""

from __future__ import annotations

import sys

__all__ = ["EXIT_BAD_INPUT", "EXIT_FAILED", "EXIT_INTERRUPTED", "Failure", "misuse", "report"]

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class Failure(Exception):
    """Ends the command. Each sentence is printed on a separate line: what happened, then what to do."""

    def __init__(self, *sentences: str, exit_code: int = EXIT_FAILED) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences
        self.exit_code = exit_code


def misuse(sentence: str) -> Failure:
    """The failure for a wrong command line."""
    return Failure(sentence, "./deploy.sh --help explains the usage", exit_code=EXIT_BAD_INPUT)


def report(*sentences: str) -> None:
    """Print sentences on standard error; standard output has Terraform's output alone."""
    for sentence in sentences:
        print(f"deploy: {sentence}", file=sys.stderr, flush=True)
