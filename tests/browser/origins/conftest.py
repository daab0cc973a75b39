"""A pipeline whose configured origin is that of a page on a port of its own, and a page of an origin that is not."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, override
from urllib.parse import urlencode

import pytest

from sim.engines.base.engine import ANYWHERE
from sim.engines.embedded.engine import EmbeddedWorld
from sim.engines.registry import EMBEDDED
from sim.journal.journal import Journal
from sim.provisioning.rendering import Rendering
from sim.scenario.simulation import Simulation
from tests.browser.chromium import Chromium
from tests.browser.origins.page_server import served

NAME, PASSWORD, TENANT = "ada@example.com", "correct horse battery staple", "acme"
CONFIGURED = "https://app.example.com"
"""The origin in Terraform's variables for scenarios."""


class WorldWithOrigin(EmbeddedWorld):
    """A world whose pipelines allow another origin: in the API's environment and in the bucket's rules."""

    def __init__(self, origin: str, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._origin = origin

    @override
    def rendering(self, topology: str) -> Rendering:
        configured = super().rendering(topology)
        resources = [asdict(each) for each in configured.resources]
        whole = {"topology": configured.topology, "resources": resources, "outputs": configured.outputs}
        document = json.dumps(whole)
        assert document.count(CONFIGURED) == 2  # API and bucket
        return Rendering.from_json(json.loads(document.replace(CONFIGURED, self._origin)))


@dataclass(frozen=True)
class Site:
    """The pipeline and the two pages."""

    sim: Simulation
    page_origin: str
    other_origin: str

    def address(self, origin: str, key: str | None = None) -> str:
        asked = {"api": self.sim.pipeline.api.url} | ({} if key is None else {"key": key})
        return f"{origin}/page.html?{urlencode(asked)}"

    @property
    def key(self) -> str:
        return self.sim.pipeline.credentials.tenant_keys[TENANT]


@pytest.fixture(scope="package")
def site(chromium: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:  # noqa: ARG001 (needs a browser)
    folder = tmp_path_factory.mktemp("origins")
    EMBEDDED.prepare(lambda _: None, ANYWHERE)
    journal = Journal(folder / "journal.jsonl")
    with (
        served() as page_origin,
        served() as other_origin,
        WorldWithOrigin(page_origin, folder / "world", "core", lambda _: None) as world,
    ):
        pipeline = world.pipeline("origins", journal, seed=1)
        pipeline.start()
        sim = Simulation(pipeline, world.clock, journal, seed=1)
        try:
            sim.operator.add_user(NAME, PASSWORD, TENANT)
            yield Site(sim, page_origin, other_origin)
        finally:
            sim.close()
            pipeline.stop()


class Visitor:
    """Someone at the page."""

    def __init__(self, browser: Chromium, address: str) -> None:
        self.browser = browser
        self.page = browser.page
        browser.open(address)

    def shown(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def sees(self, selector: str, text: str = "") -> str:
        """What the page shows there, once it has the text; without a text, once there is anything."""

        def is_shown() -> bool:
            shown = self.shown(selector)
            return bool(shown) and text in shown

        self.browser.until(lambda: self._failed() or is_shown(), f"{selector}: {text}")
        assert not self._failed(), self.shown("#failure")
        return self.shown(selector)

    def fails(self) -> str:
        """What the page shows when a call has failed."""
        self.browser.until(self._failed, "a call fails")
        return self.shown("#failure")

    def _failed(self) -> bool:
        return bool(self.shown("#failure"))

    def log_in(self, password: str = PASSWORD) -> None:
        self.page.get_by_label("Name").fill(NAME)
        self.page.get_by_label("Password").fill(password)
        self.press("Log in")

    def record(self) -> None:
        self.press("Record")
        self.press("Stop")  # it is enabled once the recorder has given its first piece
        assert self.sees("#recorded").startswith("audio/")


@pytest.fixture
def visit(browser: Chromium) -> Any:
    """Opens a page; a function of its address."""
    return lambda address: Visitor(browser, address)
