"""What Redis URLs mean, and what they may not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.stores import open_store
from gateway.stores.redis_url import RedisUrl, parse_redis_url

CHECKED = {"ssl_check_hostname": True}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://a", RedisUrl("single", False, (("a", 6379),), ssl=CHECKED)),
        ("redis://a:1/3", RedisUrl("single", False, (("a", 1),), db=3, ssl=CHECKED)),
        ("rediss://[::1]:1", RedisUrl("single", True, (("::1", 1),), ssl=CHECKED)),
        ("redis://[::1]", RedisUrl("single", False, (("::1", 6379),), ssl=CHECKED)),
        (
            "redis://u:p%40%3A@a",
            RedisUrl("single", False, (("a", 6379),), username="u", password="p@:", ssl=CHECKED),
        ),
        (
            "redis://:p@a?deadline_ms=250&ssl_ca_certs=/c.pem&ssl_check_hostname=false",
            RedisUrl(
                "single",
                False,
                (("a", 6379),),
                password="p",
                deadline_s=0.25,
                ssl={"ssl_ca_certs": "/c.pem", "ssl_check_hostname": False},
            ),
        ),
        (
            "redis+sentinel://a,b:2/main/4?sentinel_password=s",
            RedisUrl(
                "sentinel",
                False,
                (("a", 26379), ("b", 2)),
                service="main",
                db=4,
                sentinel_password="s",
                ssl=CHECKED,
            ),
        ),
        (
            "rediss+cluster://a:1,b:2,c",
            RedisUrl("cluster", True, (("a", 1), ("b", 2), ("c", 6379)), ssl=CHECKED),
        ),
    ],
)
def test_parse(url: str, expected: RedisUrl) -> None:
    assert parse_redis_url(url) == expected


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("redis://", "a host is missing"),
        ("redis://a,b", "several hosts"),
        ("redis://a:0", "the port"),
        ("redis://a:65536", "the port"),
        ("redis://a:b", "the port"),
        ("redis://a/x", "the database"),
        ("redis://a/1/2", "too much"),
        ("redis+cluster://a/1", "too much"),
        ("redis+sentinel://a", "service's name"),
        ("redis+sentinel://a/m/1/2", "too much"),
        ("redis+other://a", "a Redis URL starts"),
        ("redis://a?timeout=1", "unknown option timeout"),
        ("redis://a?deadline_ms=0", "deadline_ms"),
        ("redis://a?deadline_ms=nan", "deadline_ms"),
        ("redis://a?ssl_check_hostname=no", "ssl_check_hostname"),
        ("memory:x", "a store is"),
        ("sqlite:", "a store is"),
        ("postgres://u:secret@a", "a store is"),
    ],
)
def test_faults_say_what_is_wrong(url: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        open_store(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://u:hunter2@a",
        "redis+sentinel://u:hunter2@a/m?sentinel_password=hunter2",
        "redis+cluster://:hunter2@a",
    ],
)
def test_secrets_are_hidden(url: str) -> None:
    assert "hunter2" not in repr(parse_redis_url(url))
    assert "hunter2" not in str(parse_redis_url(url))
    assert "hunter2" not in repr(open_store(url))


@pytest.mark.parametrize(
    "url", ["redis://u:hunter2@a:x", "redis://u:hunter2@a,b", "redis+x://u:hunter2@a"]
)
def test_faults_quote_no_secret(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        open_store(url)
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_a_url_or_a_fault(text: str) -> None:
    try:
        parse_redis_url("redis://" + text)
    except ValueError:
        return


@pytest.mark.parametrize(
    "url", ["redis://a:1/3", "rediss+cluster://a:1,[::1]:2", "redis+sentinel://a:1/main/4"]
)
def test_shown_as_written(url: str) -> None:
    assert str(parse_redis_url(url)) == url
