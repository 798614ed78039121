"""Every page that the browser tests look at."""

from tests.browser import samples
from tests.browser.samples_fields import FIELD_PAGES
from tests.browser.samples_protocols import PROTOCOL_PAGES

PAGES = samples.PAGES | FIELD_PAGES | PROTOCOL_PAGES
