"""What people are shown: pages with gaps for what differs, and files named by their digest."""

from gateway.pages.pages import FALLBACK, Asset, Pages, negotiate

__all__ = ["FALLBACK", "Asset", "Pages", "negotiate"]
