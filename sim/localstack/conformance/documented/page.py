"""The page of the deviations, generated from the declared checks that pin them."""

from sim.localstack.conformance.documented.catalogue import all_checks


def page() -> str:
    """The text of docs/reference/deviations.md."""
    checks = all_checks()
    deviations = [each for each in checks if each.deviation]
    counts = [
        f"| {service} | {len(of_service)} | {sum(each.deviation is None for each in of_service)} |"
        for service in dict.fromkeys(each.service for each in checks)
        if (of_service := [each for each in checks if each.service == service])
    ]
    rows = [
        f"| {each.service} | [{_cell(each.claim)}]({each.source}) | {_cell(each.deviation.ours)} | "
        f"{_cell(each.deviation.reason)} |"
        for each in deviations
        if each.deviation
    ]
    return "\n".join(
        [
            "# Deviations from AWS",
            "",
            "`tox -e sim -- conformance` tries what AWS documents, call by call, on the emulator. A test runs every",
            "check: one that differs from AWS turns it red, unless the check declares what the emulator does instead",
            "and why. A declared deviation that is gone turns it red, too. So this table is complete for what is",
            "checked. It is generated from the checks (`tox -e sim -- reference --write`).",
            "",
            "| service | checks | as AWS |",
            "|---|---:|---:|",
            *counts,
            f"| **all** | {len(checks)} | {len(checks) - len(deviations)} |",
            "",
            "| service | AWS documents | the emulator | why it stays |",
            "|---|---|---|---|",
            *rows,
            "",
            "What the emulator does not offer at all stands under [Limits](emulator.md#limits).",
            "",
        ]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
