"""Listening sockets: bound once, before anything else starts, and inherited by workers.

Each worker has a TCP socket of its own (SO_REUSEPORT), so that the kernel spreads connections; a
unix socket is shared. They belong to whoever bound them: a worker that ends leaves its queue of
waiting connections to its successor, if that comes soon.
"""

from __future__ import annotations

import errno
import os
import resource
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway.config import Config
from gateway.model import Address

BACKLOG = 2048
# What the kernel takes of a reply ahead of its client. By itself it takes megabytes (tcp_wmem), and
# a thousand clients that do not read would bring all of the machine's TCP to its limit (tcp_mem).
UNSENT_BYTES = 128 * 2**10
OTHER_FILES = 128  # descriptors that are no connection of a client: store, sockets, log, libraries
# What to do about it, where the kernel's word alone leaves an operator with a riddle.
REMEDIES = {
    errno.EADDRINUSE: "stop what listens there (`ss -ltnp` names it), or choose another port",
    errno.EACCES: "ports below 1024 need root or CAP_NET_BIND_SERVICE, a unix socket a folder that"
    " the gateway may write to",
    errno.EADDRNOTAVAIL: "no interface of this machine has this address; 0.0.0.0 listens on all",
    errno.ENOENT: "the socket's folder does not exist",
}
TAKEN_TRIES, TAKEN_WAIT_S = 20, 0.1  # the workers of a master that was killed die just after it


@dataclass(frozen=True, slots=True)
class Sockets:
    """What one process listens on. `admin` None: another process answers there, or none."""

    listen: tuple[socket.socket, ...]
    admin: socket.socket | None = None


def bind(config: Config, workers: int = 1) -> tuple[Sockets, ...]:
    """Sockets for each worker; the first has the admin listener. Raises OSError that says where."""
    columns = [_bind(listen, workers) for listen in config.listen]
    admin = _bind(config.admin, 1)[0] if config.admin else None
    rows = [tuple(column[index] for column in columns) for index in range(workers)]
    return tuple(Sockets(row, None if index else admin) for index, row in enumerate(rows))


def sweep(config: Config) -> None:
    """Remove the unix sockets that `bind` made."""
    for listen in (*config.listen, *filter(None, [config.admin])):
        if listen.unix_path:
            Path(listen.unix_path).unlink(missing_ok=True)


def step_aside(sockets: Sockets) -> None:
    """Let others have what connects from now on, until somebody listens here again.

    To a TCP socket that stays bound but does not listen the kernel gives no connection. What waits
    in it already is reset, or tries again if it is not through the handshake.
    """
    for made in sockets.listen:
        if made.family != socket.AF_UNIX:  # that one is everybody's
            with suppress(OSError):
                made.shutdown(socket.SHUT_RD)


def _bind(listen: Address, workers: int) -> list[socket.socket]:
    if listen.unix_path:
        return [_unix(listen)] * workers
    first = _tcp(listen, listen.port, shared=workers > 1)
    port = first.getsockname()[1]  # the same for all, also when any free one was asked for
    return [first, *(_tcp(listen, port, shared=True) for _ in range(workers - 1))]


def _tcp(listen: Address, port: int, *, shared: bool) -> socket.socket:
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)  # accepted ones too
    if shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    return _listening(made, (listen.host, port), listen)


def _unix(listen: Address) -> socket.socket:
    path = Path(listen.unix_path)
    if path.is_socket():
        if _answered_soon(listen.unix_path):
            raise _told(listen, errno.EADDRINUSE)
        path.unlink(missing_ok=True)  # a killed gate left it; it would keep this one from starting
    return _listening(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), listen.unix_path, listen)


def _answered_soon(path: str) -> bool:
    """Whether somebody still listens there, also after the workers of a killed master are gone."""
    for _ in range(TAKEN_TRIES):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(TAKEN_WAIT_S)
            if probe.connect_ex(path) in (errno.ECONNREFUSED, errno.ENOENT):
                return False
        time.sleep(TAKEN_WAIT_S)
    return True


def _listening(
    made: socket.socket, address: str | tuple[str, int], listen: Address
) -> socket.socket:
    try:
        _bind_soon(made, address)
        made.listen(BACKLOG)
    except OSError as fault:
        made.close()
        raise _told(listen, fault.errno or 0) from fault
    made.setblocking(False)
    return made


def _told(listen: Address, number: int) -> OSError:
    remedy = REMEDIES.get(number)
    return OSError(number, f"{listen}: {os.strerror(number)}" + (f": {remedy}" if remedy else ""))


def _bind_soon(made: socket.socket, address: str | tuple[str, int]) -> None:
    for _ in range(TAKEN_TRIES - 1):
        try:
            return made.bind(address)
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise
        time.sleep(TAKEN_WAIT_S)
    return made.bind(address)


def room_for(connections: int) -> int:
    """How many clients there is room for: each may need a descriptor here and one at the app.

    Without, strangers that only connect would leave none to reach the app or the store by.
    """
    wanted = 2 * connections + OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    bounded = resource.RLIM_INFINITY not in (soft, hard)
    have = min(max(soft, wanted), hard) if bounded else wanted
    if resource.RLIM_INFINITY != soft < have:
        resource.setrlimit(resource.RLIMIT_NOFILE, (have, hard))
    return max(1, min(connections, (have - OTHER_FILES) // 2))
