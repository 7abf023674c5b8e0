"""A page looked at in every width and theme."""

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Page

WIDTHS = (1440, 390)
SCHEMES = ("light", "dark")
RUN = "options => axe.run(options).then(told => told.violations.map(it => [it.id, it.nodes[0].target]))"
EVERY_RULE: dict[str, object] = {"resultTypes": ["violations"]}
AT_REST = "!document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added')"
"""What arrived stands: until then the sheet keeps the dimmed colours of its request."""
OF_COLOUR = EVERY_RULE | {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""What a theme can change: it swaps colours, and nothing else of the document."""


@dataclass(slots=True)
class Screen:
    """A browser, and what was found wrong in it."""

    context: BrowserContext
    page: Page
    wrong: list[str] = field(default_factory=list)

    def look(self, path: str) -> None:
        self.page.goto(path, wait_until="networkidle")
        self.check(path)

    def check(self, name: str) -> None:
        """The page as it stands, in every width and theme; it ends as it was."""
        self.page.wait_for_function(AT_REST)
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            if (found := self.page.evaluate("document.documentElement.scrollWidth")) > width:
                self.wrong.append(f"{name} is {found} px wide of {width}")
            for scheme in SCHEMES:
                self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                faults = self.page.evaluate(RUN, EVERY_RULE if scheme == "light" else OF_COLOUR)
                self.wrong += [f"{name}, {width} px, {scheme}: {id} at {place}" for id, place in faults]
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
