"""What is known of an address, from the operator's own files, and who is listed by it."""

from gateway.addresses.book import AddressBook, AddressFacts, NamedList
from gateway.addresses.geo import GeoError, GeoReader, open_geo
from gateway.addresses.listings import Listings
from gateway.addresses.lists import ListError, read_list
from gateway.addresses.ranges import Ranges
from gateway.addresses.register import Register

__all__ = [
    "AddressBook",
    "AddressFacts",
    "GeoError",
    "GeoReader",
    "ListError",
    "Listings",
    "NamedList",
    "Ranges",
    "Register",
    "open_geo",
    "read_list",
]
