"""Runs one command and prints: wall seconds, CPU seconds, peak bytes of its largest process, exit status.

A process of its own, and a small one: a command's peak is never less than that of the process that started it.

    python -I -S launch.py SECONDS STDOUT STDERR COMMAND...
"""

import os
import signal
import sys
import time


def main() -> None:
    seconds, stdout, stderr, *argv = sys.argv[1:]
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, stdout, write, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, stderr, write, 0o600),
    ]
    start = time.perf_counter()
    child = os.posix_spawn(argv[0], argv, os.environ, file_actions=streams, setpgroup=0)
    # Its group is its own, so that whoever stops us must stop it through us.
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os.killpg(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, float(seconds))
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(wall, usage.ru_utime + usage.ru_stime, peak, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
