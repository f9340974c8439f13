"""What is known of an address, from the operator's own files, and who is listed by it."""

from gateway.addresses.book import NOWHERE, AddressBook, AddressFacts, NamedList
from gateway.addresses.geo import GeoError, GeoReader, open_geo
from gateway.addresses.listings import Listings
from gateway.addresses.lists import Listed, ListError, read_list
from gateway.addresses.ranges import Ranges
from gateway.addresses.register import Register

__all__ = [
    "NOWHERE",
    "AddressBook",
    "AddressFacts",
    "GeoError",
    "GeoReader",
    "ListError",
    "Listed",
    "Listings",
    "NamedList",
    "Ranges",
    "Register",
    "open_geo",
    "read_list",
]
