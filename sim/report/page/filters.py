"""The search field, the buttons for verdicts and the list of folders above the cards."""

from html import escape

from sim.report.run_record import RunRecord


def filters(run: RunRecord) -> str:
    """A search field, a button for each verdict that occurs, and a choice of the scenarios' folders."""
    verdicts = "".join(
        f"<button type='button' class='chip {verdict}' data-verdict='{verdict}' aria-pressed='false'>"
        f"{verdict} <b>{count}</b></button>"
        for verdict, count in run.counts.items()
    )
    folders = sorted({scenario.folder for scenario in run.scenarios})
    options = "".join(f"<option>{escape(folder)}</option>" for folder in folders)
    return (
        "<label class='search'><span>Search</span><input id='search' type='search' autocomplete='off'"
        " placeholder='Search claims, faults, reasons  ( / )'></label>"
        f"<span class='chips' role='group' aria-label='Verdicts'>{verdicts}</span>"
        f"<select id='folder' aria-label='Folder of the scenarios'><option value=''>all folders</option>{options}"
        "</select><output id='found'></output>"
    )
