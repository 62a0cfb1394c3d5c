"""What is wrong with a page for those who see it differently, or on a narrow screen."""

from typing import Any

from tests.journeys.looks import Look

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def faults_of(page: Any) -> list[str]:
    """Faults of accessibility, and how far the page scrolls sideways."""
    from axe_playwright_python.sync_playwright import Axe

    result = Axe().run(page, options={"runOnly": LEVELS})
    problems = [v["id"] + ": " + v["nodes"][0]["html"][:160] for v in result.response["violations"]]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return problems + ([f"scrolls sideways by {wide} px"] if wide > 1 else [])


def faults_in_the_dark(page: Any, look: Look) -> list[str]:
    """The same where a journey is walked in the dark; pages by day are looked at one by one elsewhere."""
    return faults_of(page) if look.theme == "dark" else []
