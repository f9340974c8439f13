from __future__ import annotations

import subprocess
import sys
import time

import pytest

from gateway.processes import is_gone, my_name


def test_we_are_not_gone():
    assert not is_gone(my_name())
    assert my_name() == my_name()


def test_another_process_is_gone_once_it_ended():
    script = "from gateway.processes import my_name; print(my_name(), flush=True); input()"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        name = it.stdout.readline().strip()
        assert name != my_name()
        assert not is_gone(name)
        it.kill()
        for _ in range(500):  # dead already before we reap it
            if is_gone(name):
                break
            time.sleep(0.01)
        assert is_gone(name)
    assert is_gone(name)


def test_a_number_used_again_is_another_process():
    here, pid, started = my_name().split(".")
    assert is_gone(f"{here}.{pid}.{int(started) - 1}")


@pytest.mark.parametrize("name", ["", "gate1", "a.b.c", "other-1.1.5", "unknown.1.", ".1.1", "..."])
def test_what_is_not_known_is_not_called_gone(name):
    assert not is_gone(name)
