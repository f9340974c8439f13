"""The browser, the double of the gate and its page are those of the page's own tests."""

from tests.browser.pages.conftest import browser, double, opened

__all__ = ["browser", "double", "opened"]
